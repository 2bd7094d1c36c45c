import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ownPrefix } from '../support/app.js'
import { codeIn } from '../support/guide.js'
import { noNginx, startNginx } from '../support/nginx.js'
import { freePort } from '../support/redis.js'
import { call, login, MAIN, serve, stateDir } from './process.js'

const PASSWORD = 'correct horse battery'

interface Arrived { headers: IncomingHttpHeaders, url: string, body: string }

/** The service behind the proxy, which believes its headers. */
async function startRobot (t: Test): Promise<{ port: number, arrived: Arrived[] }> {
  const arrived: Arrived[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part: Buffer) => { body += part.toString() })
    request.on('end', () => {
      arrived.push({ headers: request.headers, url: request.url ?? '', body })
      response.end('moved')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => new Promise(resolve => {
    server.close(resolve)
    server.closeAllConnections()
  }))
  return { port: (server.address() as AddressInfo).port, arrived }
}

/** The configuration of the guide, with the addresses of this machine. */
async function guided (places: Record<string, string>): Promise<string> {
  const [config = ''] = await codeIn('reverse-proxy', 'nginx')
  return Object.entries(places).reduce((text, [there, here]) => {
    if (text.split(there).length !== 2) throw new Error(`the guide does not say ${there} once`)
    return text.replace(there, here)
  }, config)
}

async function startLab (t: Test) {
  const [port, proxy] = [await freePort(), await freePort()]
  const env = { REDIS_URL: process.env.REDIS_URL!, REDIS_PREFIX: ownPrefix(), STATE_DIR: await stateDir(t), ADMIN_PASSWORD: PASSWORD, PORT: String(port), EXTRA_SCOPES: 'robot:move=contributor' }
  const notes = await mkdtemp(join(tmpdir(), 'guardcell-notes-'))
  t.teardown(() => rm(notes, { recursive: true, force: true }))
  await writeFile(join(notes, 'hello.txt'), 'water the plants')
  const robot = await startRobot(t)
  const service = await serve(t, MAIN, env)
  await startNginx(t, proxy, await guided({ 'server guardcell:8080': `server 127.0.0.1:${port}`, 'server robot:3000': `server 127.0.0.1:${robot.port}`, 'listen 80;': `listen 127.0.0.1:${proxy};`, '/srv/notes/': `${notes}/` }))

  const { body: { access_token: admin } } = await login(service.url, PASSWORD)
  const signIn = async (username: string, role: string): Promise<string> => {
    await call(`${service.url}/v1/users`, { token: admin, body: { username, fullname: username, password: PASSWORD, roles: [role] } })
    return (await call(`${service.url}/v1/auth/login`, { body: { username, password: PASSWORD } })).body.access_token
  }
  const [ada, bob] = [await signIn('ada', 'contributor'), await signIn('bob', 'reader')]
  const { body: { token: machine } } = await call(`${service.url}/v1/api-tokens`, { token: ada, body: { name: 'camera', datasets: { '*': ['read'] } } })
  const get = async (path: string, token?: string, more: RequestInit = {}) => {
    const answer = await fetch(`http://127.0.0.1:${proxy}${path}`, { ...more, headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...more.headers } })
    return { status: answer.status, headers: answer.headers, text: await answer.text() }
  }
  return { service, env, arrived: robot.arrived, ada, bob, machine: machine as string, get }
}

t.test('nginx lets through whom Guardcell vouches for', { skip: noNginx }, async t => {
  const { service, env, arrived, ada, bob, machine, get } = await startLab(t)

  await t.test('to a folder, whoever is signed in, and machines', async t => {
    for (const token of [ada, bob, machine]) t.match(await get('/notes/hello.txt', token), { status: 200, text: 'water the plants' })
    for (const path of ['/notes/hello.txt', '/notes/none.txt', '/robot/move']) {
      const nobody = await get(path)
      t.equal(nobody.status, 401)
      t.match(nobody.headers.get('www-authenticate'), /^Bearer realm="guardcell"$/)
      const wrong = await get(path, `${ada}x`)
      t.equal(wrong.status, 401)
      t.match(wrong.headers.get('www-authenticate'), /^Bearer .*error="invalid_token"/)
    }
  })

  await t.test('to a service, whoever has the scope, and tells it who that is', async t => {
    t.equal(arrived.length, 0, 'nothing of what was refused has arrived')
    const forged = { 'x-auth-user': 'admin', 'x-auth-scopes': 'guardcell:superuser', cookie: 'gc_access=x' }
    t.match(await get('/robot/move?to=3', ada, { method: 'POST', body: 'gently', headers: forged }), { status: 200, text: 'moved' })
    const [{ headers, url, body } = { headers: {}, url: '', body: '' }] = arrived
    t.match({ url, body }, { url: '/move?to=3', body: 'gently' })
    t.equal(headers['x-auth-user'], 'ada')
    t.ok(String(headers['x-auth-scopes']).split(' ').includes('robot:move'))
    t.notOk(String(headers['x-auth-scopes']).includes('superuser'))
    t.strictSame([headers.authorization, headers.cookie], [undefined, undefined], 'the token stays here')
    for (const token of [bob, machine]) t.equal((await get('/robot/move', token)).status, 403)
    t.equal((await get('/verify')).status, 404, 'nor can the question be asked from outside')
    t.equal(arrived.length, 1)
  })

  await t.test('and takes an outage for what it is', async t => {
    await service.end('SIGKILL')
    for (const token of [ada, bob, machine, undefined, 'nonsense']) {
      for (const path of ['/notes/hello.txt', '/robot/move']) {
        const answer = await get(path, token)
        t.strictSame([answer.status, answer.headers.get('retry-after'), answer.headers.get('www-authenticate')], [503, '2', null])
      }
    }
    t.equal(arrived.length, 1)
    const again = await serve(t, MAIN, env)
    t.equal((await get('/notes/hello.txt', machine)).status, 200, 'the same tokens are good')
    t.equal((await get('/robot/move', ada)).status, 200)
    t.equal((await get('/robot/move', bob)).status, 403)
    t.equal((await get('/notes/hello.txt')).status, 401)

    await fetch(`${again.url}/v1/auth/logout`, { method: 'POST', headers: { authorization: `Bearer ${ada}` } })
    t.equal((await get('/robot/move', ada)).status, 401, 'and a logout acts on the next call')
    t.equal((await get('/notes/hello.txt', machine)).status, 200)
  })
})
