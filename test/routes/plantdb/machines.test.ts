import t, { type Test } from 'tap'
import { claimsIn, type Answer } from '../../support/app.js'
import { filePart, startLab, type Lab } from '../../support/datasets.js'
import { listen } from '../../support/raw-http.js'
import { bodyOf, dialectRoutes, field, filled, sendForm } from '../../support/plantdb.js'

const HOUR = 3600

const mint = (lab: Lab, token: string, body: Record<string, unknown>): Promise<Answer> => lab.call('POST', '/create-api-token', { token, body })

async function withToken (t: Test, datasets: Record<string, string[]>): Promise<{ lab: Lab, token: string }> {
  const lab = await startLab(t)
  const { status, body } = await mint(lab, lab.admin, { token_exp: HOUR, datasets })
  t.equal(status, 200)
  return { lab, token: body.api_token }
}

t.test('a token is issued in PlantDB\'s words', async t => {
  const lab = await startLab(t)
  const { status, body, headers } = await mint(lab, lab.admin, { token_exp: HOUR, datasets: { 'cam_*': ['read', 'Permission.WRITE', 'CREATE'] }, username: 'nobody asked' })
  t.equal(status, 200)
  t.equal(headers['cache-control'], 'no-store')
  t.strictSame(Object.keys(body), ['message', 'api_token', 'expiration date'])
  t.equal(body.message, 'API Token generated successfully')
  t.match(claimsIn(body.api_token), { type: 'api', datasets: 'cam_*/read,write,create' })
  t.match(body['expiration date'], /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00$/)
  t.ok(Math.abs(Date.parse(body['expiration date']) - Date.now() - HOUR * 1000) < 10_000)
  const day = new Date(Date.now() + 5 * 86_400_000).toISOString().slice(0, 10)
  t.equal(claimsIn((await mint(lab, lab.admin, { token_exp: day, datasets: { '*': ['read'] } })).body.api_token).exp, Date.parse(day) / 1000 + 86_400)
  t.strictSame((await lab.call('POST', '/token-validation', { token: body.api_token })).body, { message: 'Token validation successful', user: { username: 'admin', fullname: 'Administrator' } })
  t.equal((await lab.send('GET', '/v1/api-tokens')).body.items.length, 2, 'it is a token like others')
})

t.test('a request that makes no token is refused with the right status', async t => {
  const lab = await startLab(t)
  const reader = await lab.join('reader', 'reader')
  const { body: { api_token: machine } } = await mint(lab, lab.admin, { token_exp: HOUR, datasets: { '*': ['read'] } })
  const every = { '*': ['read'] }
  const cases: Array<[token: string | undefined, body: unknown, status: number]> = [
    [undefined, { token_exp: HOUR, datasets: every }, 401],
    ['x.y.z', { token_exp: HOUR, datasets: every }, 401],
    [machine, { token_exp: HOUR, datasets: every }, 403],
    [reader, { token_exp: HOUR, datasets: { '*': ['create'] } }, 403],
    [lab.admin, { token_exp: HOUR }, 400],
    [lab.admin, { datasets: every }, 400],
    [lab.admin, { token_exp: 'soon', datasets: every }, 400],
    [lab.admin, { token_exp: 1.5, datasets: every }, 400],
    [lab.admin, { token_exp: HOUR, datasets: 'all' }, 400],
    [lab.admin, undefined, 400],
    [lab.admin, { token_exp: 0, datasets: every }, 422],
    [lab.admin, { token_exp: -5, datasets: every }, 422],
    [lab.admin, { token_exp: '2020-01-01T00:00:00', datasets: every }, 422],
    [lab.admin, { token_exp: HOUR, datasets: {} }, 422],
    [lab.admin, { token_exp: HOUR, datasets: { '*': ['manage_users'] } }, 422]
  ]
  for (const [token, body, status] of cases) {
    const answer = await lab.call('POST', '/create-api-token', { ...(token === undefined ? {} : { token }), ...(body === undefined ? {} : { body }) })
    t.equal(answer.status, status, JSON.stringify(body))
    t.type(answer.body.message, 'string')
  }
})

t.test('a withdrawn, expired or forged API token is refused on every protected call', async t => {
  const { lab, token } = await withToken(t, { '*': ['read', 'write', 'create', 'delete'] })
  const { api_token: short } = (await mint(lab, lab.admin, { token_exp: 1, datasets: { '*': ['read', 'write', 'create'] } })).body
  const [{ id }] = (await lab.send('GET', '/v1/api-tokens')).body.items.slice(-1)
  await lab.send('DELETE', `/v1/api-tokens/${id}`)
  lab.clock.advance(10)
  const routes = dialectRoutes(lab.app).filter(({ auth }) => typeof auth === 'object')
  t.ok(routes.length > 40)
  for (const { method, url } of routes) {
    for (const [name, credentials, code] of [['withdrawn', token, 'api_token_revoked'], ['expired', short, 'api_token_expired'], ['forged', `${token.slice(0, -8)}AAAAAAAA`, 'api_token_invalid']] as const) {
      const body = bodyOf(method, url)
      const answer = await lab.call(method, filled(url), { token: credentials, ...(body === undefined ? {} : { body }) })
      t.match(answer, { status: 401, body: { code } }, `${name}: ${method} ${url}`)
    }
  }
})

t.test('an API token does what its globs and permissions say, and no account is in its reach', async t => {
  const { lab, token } = await withToken(t, { 'cam_*': ['read', 'write', 'create'], 'look_*': ['read'] })
  const call = (method: string, url: string, body?: unknown): Promise<Answer> => lab.call(method, url, { token, ...(body === undefined ? {} : { body }) })
  for (const scan of ['look_1', 'other']) await lab.createFiles(scan, { 'a.txt': 'a' })
  t.equal((await call('POST', '/scan/cam_1', { metadata: { object: { species: 'Zea mays' } } })).status, 201)
  t.equal((await call('POST', '/fileset/cam_1/images', {})).status, 201)
  t.equal((await sendForm(lab.call, '/file/cam_1/images/a', token, field('ext', 'txt'), filePart('a.txt', 'a'))).status, 201)
  t.equal((await call('GET', '/file/cam_1/images/a')).body, 'a')
  t.equal((await call('GET', '/file/look_1/images/a')).body, 'a')
  t.equal((await call('POST', '/scan/look_2', {})).status, 403)
  t.equal((await call('POST', '/fileset/look_1/more', {})).status, 403)
  t.equal((await sendForm(lab.call, '/file/look_1/images/b', token, field('ext', 'txt'), filePart('b.txt', 'b'))).status, 403)
  t.equal((await call('GET', '/scan/other')).status, 404)
  t.strictSame((await call('GET', '/scans')).body, ['cam_1', 'look_1'])
  t.strictSame((await call('GET', '/scans_info')).body.map(({ id }: { id: string }) => id), ['cam_1', 'look_1'])
  for (const [url, body] of [['/register', { username: 'x', fullname: 'X', password: 'long enough' }], ['/logout', undefined], ['/create-api-token', { token_exp: HOUR, datasets: { '*': ['read'] } }]] as const) t.equal((await call('POST', url, body)).status, 403, url)
})

t.test('four threads upload with one token', async t => {
  const { lab, token } = await withToken(t, { 'cam_*': ['Permission.WRITE', 'Permission.CREATE', 'Permission.READ'] })
  const base = `http://127.0.0.1:${await listen(lab.app)}`
  const headers = { authorization: `Bearer ${token}` }
  const json = { ...headers, 'content-type': 'application/json' }
  t.equal((await fetch(`${base}/scan/cam_7`, { method: 'POST', headers: json, body: '{}' })).status, 201)
  t.equal((await fetch(`${base}/fileset/cam_7/images`, { method: 'POST', headers: json, body: '{"metadata":{"task":"scan"}}' })).status, 201)
  await Promise.all([0, 1, 2, 3].map(async thread => {
    for (let i = 0; i < 10; i++) {
      const form = new FormData()
      form.set('ext', 'jpg')
      form.set('metadata', JSON.stringify({ shot_id: i, channel: 'rgb' }))
      form.set('file', new Blob([`picture ${thread} ${i}`]), `${thread}_${i}.jpg`)
      const answer = await fetch(`${base}/file/cam_7/images/${thread}_${i}`, { method: 'POST', headers, body: form })
      t.equal(answer.status, 201)
    }
  }))
  const { files } = await (await fetch(`${base}/fileset/cam_7/images/files`, { headers })).json() as { files: string[] }
  t.equal(files.length, 40)
  t.equal(await (await fetch(`${base}/file/cam_7/images/3_9`, { headers })).text(), 'picture 3 9')

  const zip = await (await fetch(`${base}/archive/cam_7`, { headers })).blob()
  const form = new FormData()
  form.set('zip_file', new Blob([zip], { type: 'application/zip' }), 'cam_8.zip')
  const imported = await fetch(`${base}/archive/cam_8`, { method: 'POST', headers, body: form })
  t.equal(imported.status, 200)
  t.equal(await (await fetch(`${base}/file/cam_8/images/3_9`, { headers })).text(), 'picture 3 9')
})

t.test('a token that may only create is told what it has imported', async t => {
  const { lab, token } = await withToken(t, { 'new_*': ['create'] })
  await lab.createFiles('plant', { 'a.txt': 'a' })
  const zip = (await lab.bytes('/v1/scans/plant/archive')).data
  const { status, body } = await sendForm(lab.call, '/archive/new_1', token, { ...filePart('new_1.zip', zip), name: 'zip_file', type: 'application/zip' })
  t.equal(status, 200)
  t.ok(body.files.includes('images/a.txt'))
  t.equal((await lab.call('GET', '/scan/new_1', { token })).status, 403)
})
