import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openRedis } from '#lib/redis/open.js'
import { startThreeNodes } from '../../support/cluster.js'
import { startConfigured } from '../../support/sentinel.js'

const users = ['requirepass pw', 'user ada on >pw ~* &* +@all']

/** Opens a Redis and writes to several slots. @returns what it answers to PING, or why it cannot be used */
async function opened (url: string): Promise<string> {
  try {
    const { redis } = await openRedis(url, () => {})
    try {
      for (const key of ['a', 'b', 'c', 'd', 'e']) await redis.set(key, 'written')
      return await redis.ping()
    } finally {
      redis.disconnect()
    }
  } catch (error) {
    return (error as Error).message
  }
}

// The forms with TLS have tests of their own.
t.test('redis:// and unix: take a password and a user', async t => {
  // The path of a socket has at most 107 bytes (unix(7)).
  const dir = await mkdtemp(join(tmpdir(), 'guardcell-socket-'))
  t.teardown(() => rm(dir, { recursive: true, force: true }))
  const path = join(dir, 'redis.sock')
  const server = await startConfigured(port => [`port ${port}`, `unixsocket ${path}`, ...users])
  t.teardown(() => server.remove())
  for (const urlOf of [(user: string) => `redis://${user}@127.0.0.1:${server.port}/1`, (user: string) => `unix://${user}@${path}`]) {
    t.equal(await opened(urlOf(':pw')), 'PONG', urlOf(':pw'))
    t.equal(await opened(urlOf('ada:pw')), 'PONG', urlOf('ada:pw'))
    t.equal(await opened(urlOf('ada:no')), 'Redis refuses the password in REDIS_URL')
  }
  t.equal(await opened(`unix:${path}`), 'Redis refuses the password in REDIS_URL', 'none')
})

t.test('redis+cluster:// takes a password and a user for each of three nodes', async t => {
  const nodes = await startThreeNodes(port => [`port ${port}`, ...users], { tls: false, password: 'pw' })
  t.teardown(() => Promise.all(nodes.map(node => node.remove())))
  const list = nodes.map(({ port }) => `localhost:${port}`).join(',')
  t.equal(await opened(`redis+cluster://:pw@${list}`), 'PONG')
  t.equal(await opened(`redis+cluster://ada:pw@localhost:${nodes[1]!.port}`), 'PONG', 'one node names the others')
  t.match(await opened(`redis+cluster://ada:no@${list}`), 'Redis refuses the password in REDIS_URL')
})

t.test('redis+sentinel:// takes a password and a user, and any Sentinel of three', async t => {
  const master = await startConfigured(port => [`port ${port}`, ...users])
  t.teardown(() => master.remove())
  const sentinels = await Promise.all([0, 1, 2].map(() => startConfigured(port => [
    `port ${port}`, ...users, `sentinel monitor main 127.0.0.1 ${master.port} 2`, 'sentinel auth-pass main pw', 'sentinel down-after-milliseconds main 60000'
  ], true)))
  t.teardown(() => Promise.all(sentinels.map(sentinel => sentinel.remove())))
  const list = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',')
  t.equal(await opened(`redis+sentinel://:pw@${list}/main/1`), 'PONG')
  await sentinels[0]!.kill()
  await sentinels[1]!.kill()
  t.equal(await opened(`redis+sentinel://ada:pw@${list}/main`), 'PONG', 'the last of them')
  await sentinels[2]!.kill()
  t.match(await opened(`redis+sentinel://ada:pw@${list}/main`), /^Redis cannot be reached at REDIS_URL: .*ECONNREFUSED/)
})
