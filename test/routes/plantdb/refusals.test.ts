import t from 'tap'
import { loadConfig } from '#lib/config/load.js'
import { start, type Answer } from '../../support/app.js'
import { startLab } from '../../support/datasets.js'
import { bodyOf, dialectRoutes, filled } from '../../support/plantdb.js'
import { listen, sendRaw } from '../../support/raw-http.js'

const answersWithError = /^\/(?:files\/:scan$|skeleton|sequence|archive)/

t.test('a token that is missing, bad, expired or of another kind is refused on every protected call, before its body is read', async t => {
  const { app, call, login, clock, createFiles } = await startLab(t, { GUEST_ACCESS: 'read' })
  await createFiles('plant', { 'a.txt': 'a' })
  const old = await login('admin')
  clock.advance(1_000)
  const { refresh_token: refresh } = await login('admin')
  const guarded = dialectRoutes(app).filter(({ auth }) => typeof auth === 'object')
  t.ok(guarded.length >= 35)
  for (const { method, url, auth } of guarded) {
    const attempt = (token?: string): Promise<Answer> => call(method, filled(url), { body: Buffer.from('not looked at'), headers: { 'content-type': 'application/x-nothing', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) } })
    const isOpen = typeof auth === 'object' && auth.optional === true
    const bare = await call(method, filled(url))
    if (isOpen) t.not(bare.status, 401, `${method} ${url} is open to guests`)
    else t.match(await attempt(), { status: 401, body: { code: 'authentication_required' } }, `${method} ${url}`)
    for (const [token, code] of [['nonsense', 'access_token_invalid'], [old.access_token, 'access_token_expired'], [refresh, 'access_token_invalid']] as const) {
      const { status, body, headers } = await (isOpen ? call(method, filled(url), { token }) : attempt(token))
      t.match({ status, body }, { status: 401, body: { code, message: /\w/, status: 401 } }, `${method} ${url} ${code}`)
      t.match(headers['www-authenticate'], /^Bearer/)
      t.equal('error' in body, answersWithError.test(url), `${url}: error where PlantDB has it`)
    }
  }
})

t.test('without guests nothing is read without a token, whether it is there or not', async t => {
  const { app, call, createFiles } = await startLab(t)
  await createFiles('plant', { 'a.txt': 'a' })
  for (const { method, url } of dialectRoutes(app).filter(({ auth }) => typeof auth === 'object')) {
    const there = await call(method, filled(url))
    const elsewhere = await call(method, filled(url).replace('plant', 'unknown'))
    t.equal(there.status, 401, `${method} ${url}`)
    t.match(elsewhere.body, { ...there.body, request_id: String })
  }
})

t.test('readers write nothing, and nobody sees what is private', async t => {
  const { app, call, createFiles, send, join } = await startLab(t)
  await createFiles('plant', { 'a.txt': 'a' })
  const reader = await join('ada', 'reader')
  const form = { 'content-type': 'multipart/form-data; boundary=x', 'x-file-path': 'x.txt' }
  const routes = dialectRoutes(app).filter(({ auth, url }) => typeof auth === 'object' && auth.scopes.length > 0 && url !== '/api/file')
  const attempt = (method: string, url: string): Promise<Answer> => call(method, filled(url), {
    token: reader,
    body: /^\/(file\/:scan\/:fileset\/:file|files\/:scan|archive\/:scan)$/.test(url) && method === 'POST' ? Buffer.from('--x--\r\n') : bodyOf(method, url),
    headers: method === 'POST' && /^\/(file\/:scan\/:fileset\/:file|files\/:scan|archive\/:scan)$/.test(url) ? form : {}
  })
  for (const { method, url } of routes.filter(({ method }) => method === 'POST')) t.equal((await attempt(method, url)).status, 403, `${method} ${url}`)
  await send('PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'private' })
  for (const { method, url, auth } of routes.filter(({ url }) => /:scan/.test(url))) {
    const creates = typeof auth === 'object' && auth.scopes.includes('datasets:create')
    t.equal((await attempt(method, url)).status, creates ? 403 : 404, `${method} ${url}`)
  }
})

t.test('names that lead elsewhere are refused as they come over the wire', async t => {
  const { app, admin, createFiles } = await startLab(t)
  await createFiles('plant', { 'a.txt': 'a' })
  const port = await listen(app)
  const authorization = `Bearer ${admin}`
  for (const bad of ['..', '%2e%2e', '.%2E', '..%2f', '%2e%2e%2fusers.json', '.locks', 'a%00', '%ff', '-%', 'a b', 'a\\b']) {
    const path = encodeURI(bad).replaceAll('%25', '%')
    for (const url of [`/scan/${path}`, `/scan/${path}/metadata`, `/fileset/plant/${path}/files`, `/file/plant/images/${path}`, `/file/${path}/images/a`, `/files/${path}/files.json`, `/files/plant/${path}/files.json`, `/files/plant/${path}`, `/image/plant/images/${path}`, `/archive/${path}`, `/api/scan/${path}/filesets`]) {
      const { status, text } = await sendRaw(port, 'GET', url, { authorization })
      t.ok([400, 404].includes(status), `${url}: ${status}`)
      t.match(text, '"message"')
    }
    t.ok([400, 404].includes((await sendRaw(port, 'POST', `/scan/${path}`, { authorization, 'content-type': 'application/json' }, '{}')).status), `POST ${path}`)
  }
})

t.test('pages of every origin may call, and only these routes', async t => {
  for (const env of [{}, { CORS_ORIGINS: 'https://lab.example' }] as Array<Record<string, string>>) {
    const { app, call } = await start(t, env)
    const origin = 'https://elsewhere.example'
    for (const { method, url } of dialectRoutes(app)) {
      const ask = await call('OPTIONS', filled(url), { headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization' } })
      t.equal(ask.status, 204, `OPTIONS ${url}`)
      for (const { headers } of [ask, await call(method, filled(url), { headers: { origin } }), await call(method, filled(url), { headers: { origin: 'https://lab.example' }, token: 'bad' })]) {
        t.equal(headers['access-control-allow-origin'], '*', `${method} ${url}`)
        t.notOk('access-control-allow-credentials' in headers)
      }
      t.strictSame(String(ask.headers['access-control-allow-methods']).split(', ').sort(), ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'])
      t.match(String(ask.headers['access-control-allow-headers']), /Authorization.*Content-Type.*X-File-Path/)
    }
    for (const url of ['/v1/scans', '/health/ready', '/oauth/token']) t.notOk((await call('GET', url, { headers: { origin } })).headers['access-control-allow-origin'], url)
  }
})

t.test('what is lenient in the dialect is not so elsewhere', async t => {
  const { call, admin, createScan } = await startLab(t, { GUEST_ACCESS: 'read' })
  await createScan('plant')
  const status = async (url: string, authorization: string, method = 'GET') => (await call(method, url, { headers: { authorization } })).status
  for (const none of ['', 'Bearer', 'Bearer ', 'Bearer None']) {
    t.equal(await status('/scan/plant', none), 200, `'${none}' is a guest`)
    t.equal(await status('/token-validation', none, 'POST'), 401)
    t.equal(await status('/v1/scans/plant', none), 401, `'${none}' elsewhere`)
  }
  t.equal(await status('/token-validation', admin, 'POST'), 200, 'a token without a scheme')
  t.equal(await status('/v1/users/me', admin), 401)
  t.equal(await status('/scan/plant', 'Basic YTpi'), 401)
  t.equal((await call('POST', '/scan/other', { token: admin, body: { unknown: 1 } })).status, 201)
  t.equal((await call('POST', '/v1/scans', { token: admin, body: { id: 'third', unknown: 1 } })).status, 400)
})

t.test('bodies that are none are refused with 4xx', async t => {
  const { app, call, admin, createScan } = await startLab(t)
  await createScan('plant')
  const posts = dialectRoutes(app).filter(({ method, url }) => method === 'POST' && !/^\/(?:file|files|archive|api\/file)\/?(?::scan|$)/.test(url) && !['/logout', '/token-validation'].includes(url))
  for (const { url } of posts) {
    for (const [type, body] of [['application/json', '{'], ['application/json', '[]'], ['text/plain', 'x'], ['application/json', '{"__proto__": {}}']] as const) {
      const { status, body: answer } = await call('POST', filled(url), { token: admin, body, headers: { 'content-type': type } })
      t.ok([400, 415].includes(status), `${url} ${body}: ${status}`)
      t.match(answer.message, /\w/)
    }
    t.equal((await call('POST', filled(url), { token: admin, body: { metadata: { x: 'x'.repeat(1_048_576) } } })).status, 413, url)
  }
})

t.test('the routes stand where the operator wants them, or not at all', async t => {
  const moved = await startLab(t, { PLANTDB_API_PREFIX: '/plantdb' })
  await moved.createFiles('plant', { 'a.txt': 'a' })
  for (const path of ['', '/', '/health', '/scans', '/scan/plant', '/files/plant/images/a.txt']) t.equal((await moved.send('GET', `/plantdb${path}`)).status, 200, path)
  for (const path of ['/', '/health', '/scans', '/scan/plant']) t.equal((await moved.send('GET', path)).status, 404, path)
  const { thumbnailUri } = (await moved.send('GET', '/plantdb/scan/plant')).body
  t.equal(thumbnailUri, '/plantdb/image/plant/images/a?size=thumb')
  t.equal((await moved.call('OPTIONS', '/plantdb/scan/plant', { headers: { origin: 'https://x.example', 'access-control-request-method': 'GET' } })).headers['access-control-allow-origin'], '*')

  const off = await start(t, { PLANTDB_API: 'off' })
  t.strictSame(dialectRoutes(off.app), [])
  t.equal((await off.call('GET', '/scans')).status, 404)
  for (const wrong of ['plantdb', '/plantdb/', '/', '/a//b', '/:x', '/*']) t.throws(() => loadConfig({ PLANTDB_API_PREFIX: wrong }), wrong)
})
