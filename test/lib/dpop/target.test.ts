import t from 'tap'
import { canonicalUrl, createTarget } from '#lib/dpop/target.js'

t.test('two spellings of one URL are one', async t => {
  for (const [written, canonical] of [
    ['https://lab.example/v1/users', 'https://lab.example/v1/users'],
    ['HTTPS://LAB.Example:443/v1/./x/../users?limit=1#top', 'https://lab.example/v1/users'],
    ['http://lab.example:80', 'http://lab.example/'],
    ['http://lab.example:8080/', 'http://lab.example:8080/'],
    ['https://lab.example/v1/%7eada/%61%2Db%2fc', 'https://lab.example/v1/~ada/a-b%2Fc'],
    ['https://lab.example/a//b/', 'https://lab.example/a//b/'],
    ['http://[0:0::1]:8080/x', 'http://[::1]:8080/x']
  ]) t.equal(canonicalUrl(written!), canonical)
})

t.test('what is no URL of a web resource is none', async t => {
  for (const text of ['', 'x', '/v1', 'https://', '//lab.example/x', 'ftp://lab.example/x', 'https://ada@lab.example/x', 'https://ada:pw@lab.example/x', 'https://lab.example\\x', 'https://lab.example/ x', ' https://lab.example/x', 'https://lab.example/x\n', 'https://lab.example/ä', 'javascript:x', 'https://lab.example:99999/']) {
    t.equal(canonicalUrl(text), undefined, JSON.stringify(text))
  }
})

const ask = (bases: string[], htu: string, host: string, url = '/v1/users?limit=1'): boolean => createTarget(bases)(htu, { url, host })

t.test('a service is where it is said to be, and nowhere else', async t => {
  const lab = ['https://lab.example/guardcell', 'https://id.example/']
  t.ok(ask(lab, 'https://lab.example/guardcell/v1/users', '10.0.0.1:8080'))
  t.ok(ask(lab, 'https://LAB.example:443/guardcell/v1/%75sers?limit=2', '10.0.0.1:8080'))
  t.ok(ask(lab, 'https://id.example/v1/users', '10.0.0.1:8080'))
  for (const [htu, host] of [
    ['https://lab.example/v1/users', 'lab.example'],
    ['http://lab.example/guardcell/v1/users', 'lab.example'],
    ['https://lab.example:8443/guardcell/v1/users', 'lab.example:8443'],
    ['https://lab.example/guardcell/v1/users/', 'lab.example'],
    ['https://lab.example/guardcell/v1/USERS', 'lab.example'],
    ['https://evil.example/v1/users', 'evil.example'],
    ['http://localhost:9000/v1/users', 'localhost:9000']
  ] as const) t.notOk(ask(lab, htu, host), `${htu} at ${host}`)
})

t.test('on its own machine a service has every name that means this machine', async t => {
  const local = ['http://localhost:8080', 'any text']
  for (const host of ['localhost:8080', 'localhost:9000', '127.0.0.1:8080', '[::1]:8080', '127.8.8.8']) t.ok(ask(local, `http://${host}/v1/users`, host), host)
  t.ok(ask(local, 'http://localhost:8080/v1/users', '127.0.0.1:8080'))
  for (const [htu, host] of [['http://lab:8080/v1/users', 'lab:8080'], ['http://127.0.0.1:1/v1/users', '127.0.0.1:2'], ['https://127.0.0.1:2/v1/users', '127.0.0.1:2'], ['http://localhost.evil.example/v1/users', 'localhost.evil.example'], ['http://localhost:8080/v1/users', '']] as const) {
    t.equal(ask(local, htu, host), host === '', `${htu} at ${host}`)
  }
})

t.test('a path that is none is never meant', async t => {
  for (const url of ['*', 'http://lab.example/v1/users', '//evil.example/v1/users']) t.notOk(ask(['https://lab.example'], 'https://lab.example/v1/users', 'lab.example', url), url)
})
