import t from 'tap'
import { parseExtraScopes } from '#lib/access/extra-scopes.js'
import { BootError } from '#lib/boot-error.js'
import { loadConfig } from '#lib/config/load.js'
import { parseRedisUrl } from '#lib/redis/url.js'

const faults = (env: Record<string, string>): readonly string[] => {
  try {
    loadConfig(env)
    return []
  } catch (error) {
    if (!(error instanceof BootError)) throw error
    return error.faults
  }
}

t.test('without any variable the defaults hold', async t => {
  t.match(loadConfig({}), { HOST: '127.0.0.1', PORT: 8080, SESSION_TIMEOUT: 900, REFRESH_TIMEOUT: 86_400, SESSION_MAX_AGE: 2_592_000, MAX_SESSION: 10 })
  t.equal(loadConfig({}).REFRESH_GRACE, undefined)
  t.equal(loadConfig({ PORT: '', ISSUER: '' }).PORT, 8080, 'set to nothing is not set')
})

t.test('every wrong variable is named in one go, without its value', async t => {
  const found = faults({ PORT: 'abc', MAX_SESSION: '0', MAX_SESSION_POLICY: 'sometimes', JWT_SECRET_KEY: 'tooshort', REDIS_URL: 'http://user:hunter2@x', CORS_ORIGINS: 'lab.example', TRUST_PROXY: '10.0.0.0/33', ADMIN_PASSWORD: 'hunter2', ISSUER: 'here' }).join('\n')
  for (const name of ['PORT', 'MAX_SESSION', 'MAX_SESSION_POLICY', 'JWT_SECRET_KEY', 'REDIS_URL', 'CORS_ORIGINS', 'TRUST_PROXY', 'ADMIN_PASSWORD', 'ISSUER']) t.match(found, name)
  t.match(found, 'evict, reject')
  t.notMatch(found, 'hunter2')
  t.notMatch(found, 'tooshort')
})

t.test('lists take what belongs there', async t => {
  t.strictSame(faults({ CORS_ORIGINS: 'https://lab.example, http://localhost:3000', TRUST_PROXY: '10.0.0.0/8, ::1, fd00::/8', REDIS_WAIT_REPLICAS: '1' }), [])
  for (const origins of ['https://lab.example/', 'https://lab.example/path', '*.example']) t.equal(faults({ CORS_ORIGINS: origins }).length, 1, origins)
  for (const proxies of ['localhost', '10.0.0.0/8/8', '10.0.0.0/x', '1.2.3']) t.equal(faults({ TRUST_PROXY: proxies }).length, 1, proxies)
  t.equal(faults({ REDIS_URL: 'redis+cluster://a:1', REDIS_WAIT_REPLICAS: '1' }).length, 1, 'WAIT reaches one node of a cluster only')
})

t.test('scopes of one\'s own are scopes, are not ours, and go to roles that there are', async t => {
  t.strictSame(faults({ EXTRA_SCOPES: 'robot:move=contributor,admin  door:open=admin' }), [])
  t.strictSame([...parseExtraScopes('a=b=reader x=admin\ny=reader')], [['a=b', ['reader']], ['x', ['admin']], ['y', ['reader']]])
  const wrong = ['door', 'door=', '=admin', 'door=owner', 'door=admin,', 'do"or=admin', 'do\\or=admin', 'tür=admin', 'users=admin', 'datasets:read=reader', 'guardcell:robot=admin', 'a=admin a=reader', `${'x'.repeat(65)}=admin`, Array.from({ length: 33 }, (_, i) => `s${i}=admin`).join(' ')]
  for (const text of wrong) t.match(faults({ EXTRA_SCOPES: text }), [/EXTRA_SCOPES/], text.slice(0, 40))
})

t.test('every form of REDIS_URL is understood', async t => {
  t.strictSame(parseRedisUrl('redis://:pw@host:6380/2'), { kind: 'single', url: 'redis://:pw@host:6380/2' })
  t.strictSame(parseRedisUrl('unix:/run/redis.sock'), { kind: 'socket', path: '/run/redis.sock' })
  t.strictSame(parseRedisUrl('unix://ada:p%40w@/run/redis.sock'), { kind: 'socket', path: '/run/redis.sock', username: 'ada', password: 'p@w' })
  t.strictSame(parseRedisUrl('unix:///run/redis.sock'), { kind: 'socket', path: '/run/redis.sock' })
  t.strictSame(parseRedisUrl('redis+cluster://a:7000,[::1]'), { kind: 'cluster', nodes: [{ host: 'a', port: 7000 }, { host: '::1', port: 6379 }], tls: false })
  t.strictSame(parseRedisUrl('rediss+cluster://u:p%40@a'), { kind: 'cluster', nodes: [{ host: 'a', port: 6379 }], tls: true, username: 'u', password: 'p@' })
  t.strictSame(parseRedisUrl('redis+sentinel://:p@a,b:5/main/3'), { kind: 'sentinel', nodes: [{ host: 'a', port: 26379 }, { host: 'b', port: 5 }], name: 'main', db: 3, tls: false, password: 'p', sentinel: { password: 'p' } })
  t.match(parseRedisUrl('redis+sentinel://:p@a/main?sentinel_username=s&sentinel_password=%40+'), { name: 'main', db: 0, password: 'p', sentinel: { username: 's', password: '@+' } })
  for (const wrong of ['', 'redis://', 'http://x', 'redis+sentinel://a', 'redis+cluster://', 'redis+cluster://a,,b', 'redis+cluster://a?sentinel_password=p', 'redis+sentinel://a/main?db=1', 'host:6379']) t.throws(() => parseRedisUrl(wrong), /must have one of these forms/, wrong)
})
