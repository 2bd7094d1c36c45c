import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openRedis } from '#lib/redis/open.js'
import { selfSigned } from '../../support/certificate.js'
import { startThreeNodes } from '../../support/cluster.js'
import { startConfigured } from '../../support/sentinel.js'

const dir = t.testdir()
const [keyFile, certFile] = [join(dir, 'key.pem'), join(dir, 'cert.pem')]
const { key, cert } = selfSigned('localhost')
writeFileSync(keyFile, key)
writeFileSync(certFile, cert)
const secured = (port: number): string[] => ['port 0', `tls-port ${port}`, `tls-key-file ${keyFile}`, `tls-cert-file ${certFile}`, `tls-ca-cert-file ${certFile}`, 'tls-auth-clients no']
const isSecured = (lines: typeof secured): boolean => lines === secured
const users = ['requirepass pw', 'user ada on >pw ~* &* +@all']

/** Opens a Redis as a process of its own does that trusts the certificate, and says `PONG` or why it cannot. */
const opened = (url: string): string => {
  const program = `
    import { openRedis } from '#lib/redis/open.js'
    try {
      const { redis } = await openRedis(process.argv[1], () => {})
      console.log(await redis.set('written', 'by TLS') === 'OK' && await redis.ping())
      redis.disconnect()
    } catch (error) {
      console.log(error.message)
    }`
  const { stdout, stderr } = spawnSync(process.execPath, ['--import=./test/support/typescript/register.js', '--conditions=guardcell-source', '--input-type=module', '-e', program, url], {
    encoding: 'utf8', timeout: 60_000, env: { PATH: process.env.PATH, NODE_EXTRA_CA_CERTS: certFile }
  })
  return (stdout || stderr).trim()
}

/** The forms with TLS: how a group of servers is started, with further lines for each. @returns its URL without the scheme */
const groups: Record<string, (t: Tap, lines: (port: number) => string[]) => Promise<(host: string, user: string) => string>> = {
  rediss: async (t, lines) => {
    const server = await startConfigured(port => [...lines(port), ...users])
    t.teardown(() => server.remove())
    return (host, user) => `rediss://${user}@${host}:${server.port}`
  },
  'rediss+sentinel': async (t, lines) => {
    const server = await startConfigured(port => [...lines(port), ...users])
    t.teardown(() => server.remove())
    const sentinel = await startConfigured(port => [
      ...lines(port), ...users, 'sentinel resolve-hostnames yes', 'sentinel announce-hostnames yes', `sentinel monitor main localhost ${server.port} 1`
    ], true)
    t.teardown(() => sentinel.remove())
    return (host, user) => `rediss+sentinel://${user}@${host}:${sentinel.port}/main`
  },
  'rediss+cluster': async (t, lines) => {
    const nodes = await startThreeNodes(port => [...lines(port), ...users], { tls: isSecured(lines), password: 'pw' })
    t.teardown(() => Promise.all(nodes.map(node => node.remove())))
    return (host, user) => `rediss+cluster://${user}@${nodes.map(({ port }) => `${host}:${port}`).join(',')}`
  }
}
type Tap = Pick<typeof t, 'teardown'>

for (const [form, startGroup] of Object.entries(groups)) {
  t.test(`${form}:// speaks TLS on every connection, to hosts that their certificates name`, async t => {
    const urlOf = await startGroup(t, secured)
    t.equal(opened(urlOf('localhost', ':pw')), 'PONG', 'with a password')
    t.equal(opened(urlOf('localhost', 'ada:pw')), 'PONG', 'with a user')
    t.match(opened(urlOf('localhost', ':no')), /refuses? the (user and )?password/)
    t.match(opened(urlOf('127.0.0.1', ':pw')), /certificate of Redis is not trusted/, 'a host that it does not name')
    await t.rejects(openRedis(urlOf('localhost', ':pw'), () => {}), { name: 'BootError', message: /certificate of Redis is not trusted/ }, 'an authority that is not known')
  })

  t.test(`${form}:// does not start on servers that speak no TLS`, async t => {
    const urlOf = await startGroup(t, port => [`port ${port}`])
    const refused = await openRedis(urlOf('localhost', ':pw'), () => {}).catch((error: unknown) => error as Error)
    t.match(refused, { name: 'BootError', message: /by TLS/ })
  })
}
