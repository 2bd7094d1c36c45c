import t from 'tap'
import { start } from '../support/app.js'
import { startLab } from '../support/datasets.js'
import { filled } from '../support/plantdb.js'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND']

const items = (header: unknown): string[] => typeof header === 'string' ? header.split(', ').sort() : []

for (const prefix of ['', '/plantdb']) {
  t.test(`every path under "${prefix}" says which methods it has`, async t => {
    const { app, call } = await start(t, prefix === '' ? {} : { PLANTDB_API_PREFIX: prefix })
    const rules = app.routeRules().filter(({ method, url }) => method !== 'OPTIONS' && url !== '*')
      .map(({ method, url }) => ({ methods: method.split(','), url: url.replace(/(.)\/$/, '$1'), pattern: new RegExp(`^${url.replace(/(.)\/$/, '$1').replaceAll('.', '\\.').replace('*', '.*').replace(/:\w+/g, '[^/]+')}$`) }))
    // One path may be a case of another: /v1/users/me of /v1/users/:id.
    const methods = new Map(rules.map(({ url }) => [filled(url).replace(/:\w+/g, 'none') || '/', new Set<string>()]))
    for (const [path, there] of methods) for (const rule of rules) if (rule.pattern.test(path)) for (const method of rule.methods) there.add(method)
    t.ok(methods.size > 90)
    for (const [path, there] of methods) {
      const allow = [...there, 'OPTIONS'].sort()
      for (const method of METHODS.filter(one => !there.has(one))) {
        const { status, headers, body } = await call(method, path)
        t.match({ status, allow: items(headers.allow) }, { status: 405, allow }, `${method} ${path}`)
        if (method !== 'HEAD') t.match(body, { status: 405, code: 'method_not_allowed', message: /\w/ })
      }
      const { status, headers, body } = await call('OPTIONS', path)
      t.strictSame({ status, allow: items(headers.allow), body }, { status: 204, allow, body: '' }, `OPTIONS ${path}`)
      if (there.has('GET')) t.ok(allow.includes('HEAD'), path)
    }
  })
}

t.test('a path that does not exist has no methods', async t => {
  const { call } = await start(t)
  for (const path of ['/nothing/here', '/v1', '/v1/scans/a/b/c/d/e/f', '/oauth', '/plantdb/scans', '/docs2']) {
    for (const method of [...METHODS, 'OPTIONS']) {
      const { status, headers } = await call(method, path)
      t.strictSame({ status, allow: headers.allow }, { status: 404, allow: undefined }, `${method} ${path}`)
    }
  }
})

t.test('what it says of a private scan it says of one that does not exist', async t => {
  const { createScan, join, call } = await startLab(t)
  await createScan('hidden')
  const token = await join('eve')
  for (const [method, path] of [['POST', '/v1/scans/hidden'], ['PUT', '/scan/hidden'], ['DELETE', '/archive/hidden'], ['OPTIONS', '/v1/scans/hidden']] as const) {
    const seen = async (url: string) => {
      const { status, headers, body } = await call(method, url, { token })
      return { status, allow: headers.allow, body: { ...body, request_id: '' } }
    }
    t.strictSame(await seen(path), await seen(path.replace('hidden', 'missing')), `${method} ${path}`)
  }
})

t.test('a wrong method is refused whatever its body is, and a browser may read it', async t => {
  const origin = 'https://lab.example'
  const { call } = await start(t, { CORS_ORIGINS: origin })
  for (const [type, body] of [['application/xml', '<a/>'], ['application/json', '{'], ['application/json', 'x'.repeat(1_100_000)]] as const) {
    const { status, headers } = await call('PUT', '/v1/users', { headers: { 'content-type': type, origin }, body: Buffer.from(body) })
    t.match({ status, headers }, { status: 405, headers: { 'access-control-allow-origin': origin, 'access-control-expose-headers': /\bAllow\b/ } }, type)
  }
  t.equal((await call('OPTIONS', '/v1/users', { headers: { 'access-control-request-method': 'GET' } })).status, 204, 'without an origin it is no preflight')
})

t.test('a path with a part that is too long is refused alike, whatever the method', async t => {
  const { call } = await start(t)
  const long = 'x'.repeat(601)
  for (const path of [`/v1/users/${long}`, `/v1/scans/a/filesets/${long}`]) {
    for (const method of [...METHODS, 'OPTIONS']) {
      const { status, headers } = await call(method, path)
      t.strictSame({ status, allow: headers.allow }, { status: 400, allow: undefined }, `${method} ${path.slice(0, 30)}`)
    }
  }
  t.equal((await call('OPTIONS', `/v1/users/me?${long}`)).status, 204, 'a query is no part of the path')
  t.equal((await call('OPTIONS', `/nothing/${long}`)).status, 404)
})

t.test('on PlantDB\'s routes a page of any origin may read that a method is wrong', async t => {
  const known = 'https://lab.example'
  const { call } = await start(t, { CORS_ORIGINS: known })
  const allowed = async (method: string, path: string, origin: string) => {
    const { status, headers } = await call(method, path, { headers: { origin } })
    t.equal(status, 405, path)
    return headers['access-control-allow-origin']
  }
  for (const path of ['/scans', '/scan/x/metadata', '/files/x/y/z', '/health']) t.equal(await allowed('PATCH', path, 'https://foreign.example'), '*', path)
  for (const path of ['/v1/scans', '/health/live', '/oauth/token']) t.equal(await allowed('PATCH', path, 'https://foreign.example'), undefined, path)
  t.equal(await allowed('PATCH', '/v1/scans', known), known)
})
