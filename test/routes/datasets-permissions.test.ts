import sharp from 'sharp'
import t, { type Test } from 'tap'
import { scopes } from '#lib/access/scopes.js'
import { start } from '../support/app.js'
import { field } from '../support/plantdb.js'
import { filePart, multipart } from '../support/datasets.js'
import { callRows, generalRows, rightsRows, tokenRows } from '../support/permissions.js'

const visibilities = ['private', 'shared', 'public'] as const

/** A lab: one account of each kind, one scan of each visibility. */
async function lab (t: Test, env: Record<string, string>) {
  const running = await start(t, env)
  const { app, login, createUser } = running
  for (const username of ['owner', 'member', 'reader']) await createUser(username)
  await createUser('contributor', { roles: ['contributor'] })
  const admin = (await login('admin')).access_token
  const send = async (method: string, url: string, token: string | undefined, payload?: unknown, headers: Record<string, string> = {}) => {
    const response = await app.inject({ method: method as 'GET', url, payload: payload as object, headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers } })
    return { status: response.statusCode, headers: response.headers, body: response.body, raw: response.rawPayload }
  }
  await send('POST', '/v1/groups', admin, { name: 'team' })
  await send('PUT', '/v1/groups/team/members/member', admin)
  const picture = await sharp({ create: { width: 4, height: 4, channels: 3, background: 'green' } }).png().toBuffer()
  const tokens: Record<string, string | undefined> = { guest: undefined, admin }
  for (const username of ['owner', 'member', 'reader', 'contributor']) tokens[username] = (await login(username)).access_token

  /** Puts a scan into the state that every call begins with. */
  const restore = async (scan: string, visibility: string) => {
    await send('POST', '/v1/scans', admin, { id: scan })
    await send('POST', `/v1/scans/${scan}/filesets`, admin, { id: 'images' })
    await send('POST', `/v1/scans/${scan}/filesets/images/files?id=one&ext=png`, admin, picture, { 'content-type': 'image/png' })
    for (const [fileset, content] of [['CurveSkeleton', '{"points":[],"lines":[]}'], ['AnglesAndInternodes', '{"angles":[],"internodes":[]}']] as const) {
      await send('POST', `/v1/scans/${scan}/filesets`, admin, { id: fileset })
      await send('POST', `/v1/scans/${scan}/filesets/${fileset}/files?id=${fileset}&ext=json`, admin, Buffer.from(content), { 'content-type': 'application/json' })
    }
    await send('PUT', `/v1/scans/${scan}/sharing`, admin, { groups: ['team'], visibility })
    await send('PUT', `/v1/scans/${scan}/owner`, admin, { owner: 'owner' })
  }
  return { ...running, send, tokens, restore, picture }
}

type Lab = Awaited<ReturnType<typeof lab>>

let count = 0

interface Sent { payload?: unknown, headers?: Record<string, string>, query?: string, /** For `:fileset` or `:file` of the path. */ name?: string }

const form = (...fields: Array<[name: string, value: string]>): Sent => {
  const { body, headers } = multipart(...fields.map(([name, value]) => field(name, value)), filePart('new.txt', 'new'))
  return { payload: body, headers }
}

/** What goes with a call so that nothing but the caller's rights can refuse it. */
const payloads: Record<string, (lab: Lab, scan: string) => Sent> = {
  'PUT /v1/scans/:scan/owner': () => ({ payload: { owner: 'owner' } }),
  'PUT /v1/scans/:scan/sharing': () => ({ payload: { groups: [], visibility: 'private' } }),
  'POST /v1/scans/:scan/filesets': () => ({ payload: { id: `new-${++count}` } }),
  'POST /v1/scans/:scan/filesets/:fileset/files': ({ picture }) => ({ payload: picture, headers: { 'content-type': 'image/png' }, query: `?id=new-${++count}&ext=png` }),
  'PUT /v1/scans/:scan/filesets/:fileset/files/:file': ({ picture }) => ({ payload: picture, headers: { 'content-type': 'image/png' } }),
  'POST /fileset/:scan/:fileset': () => ({ payload: {}, name: `new-${++count}` }),
  'POST /api/fileset': (_lab, scan) => ({ payload: { scan_id: scan, fileset_id: `new-${++count}` } }),
  'POST /file/:scan/:fileset/:file': () => ({ ...form(['ext', 'txt']), name: `new-${++count}` }),
  'POST /api/file': (_lab, scan) => form(['scan_id', scan], ['fileset_id', 'images'], ['file_id', `new-${++count}`], ['ext', 'txt']),
  'POST /files/:scan': () => ({ payload: Buffer.from('new'), headers: { 'content-type': 'application/octet-stream', 'x-file-path': `note-${++count}.txt` } }),
  'GET /pointcloud/:scan/:fileset/:file': () => ({ query: '?size=orig' }),
  'GET /pcGroundTruth/:scan/:fileset/:file': () => ({ query: '?size=orig' })
}

const saysMetadata = (method: string, path: string): Sent => {
  if (method === 'GET' || !path.endsWith('/metadata')) return {}
  return { payload: path.startsWith('/v1/') ? { said: 'again' } : { metadata: { said: 'again' } } }
}

const make = async (lab: Lab, call: string, scan: string, token: string | undefined): ReturnType<Lab['send']> => {
  const [method = '', path = ''] = call.split(' ')
  const { payload, headers, query = '', name } = payloads[call]?.(lab, scan) ?? saysMetadata(method, path)
  const last = name === undefined ? path : path.replace(/:\w+$/, name)
  const url = last.replace(':scan', scan).replace(':fileset', 'images').replace(':file', 'one').replace('*', 'images/one.png')
  return await lab.send(method, url + query, token, payload, headers)
}

const attempt = async (...call: Parameters<typeof make>): Promise<number> => (await make(...call)).status

/** A call that deletes or gives away leaves a scan as it was only where it is refused. */
const isSpent = (right: string, status: number): boolean => ['delete', 'own'].includes(right) && status >= 200 && status < 300

const asSaid = (status: number): string => status >= 200 && status < 300 ? 'yes' : String(status)

const settings = [...new Set(rightsRows.map(({ env }) => JSON.stringify(env)))]

for (const setting of settings) {
  t.test(`rights on a scan are what the document says ${setting}`, async t => {
    const env = JSON.parse(setting) as Record<string, string>
    const { restore, tokens, ...rest } = await lab(t, env)
    for (const visibility of visibilities) await restore(visibility, visibility)
    for (const row of rightsRows.filter(row => JSON.stringify(row.env) === setting)) {
      for (const visibility of visibilities) {
        for (const { call } of callRows.filter(({ right }) => right === row.right)) {
          const status = await attempt({ restore, tokens, ...rest }, call, visibility, tokens[row.who])
          t.equal(asSaid(status), row[visibility], `${row.who}: ${call} of a ${visibility} scan`)
          if (isSpent(row.right, status)) await restore(visibility, visibility)
        }
      }
    }
  })
}

const issue = async ({ send }: Lab, by: string | undefined, datasets: Record<string, string[]>): Promise<string> =>
  (JSON.parse((await send('POST', '/v1/api-tokens', by, { name: 'camera', datasets })).body) as { token: string }).token

t.test('an API token with all permissions has the rights of its owner, but those of users', async t => {
  const running = await lab(t, {})
  const { restore, tokens } = running
  for (const visibility of visibilities) await restore(visibility, visibility)
  const rows = rightsRows.filter(({ who, env }) => who !== 'guest' && Object.keys(env).length === 0)
  const machines: Record<string, string> = {}
  for (const who of new Set(rows.map(row => row.who))) machines[who] = await issue(running, tokens[who], { '*': ['read', 'write', 'delete'] })
  for (const row of rows) {
    for (const visibility of visibilities) {
      for (const { call } of callRows.filter(({ right }) => right === row.right)) {
        const status = await attempt(running, call, visibility, machines[row.who])
        t.equal(asSaid(status), row.right === 'own' ? '403' : row[visibility], `a machine of ${row.who}: ${call} of a ${visibility} scan`)
        if (isSpent(row.right, status)) await restore(visibility, visibility)
      }
    }
  }
})

t.test('an API token may do what its permissions and globs say', async t => {
  const running = await lab(t, {})
  const { restore, tokens, send } = running
  for (const scan of ['fits', 'other']) await restore(scan, 'private')
  t.equal(tokenRows.length, 20)
  for (const { token, right, ...said } of tokenRows) {
    const machine = await issue(running, token === 'create' ? tokens.contributor : tokens.owner, { 'fit*': [token] })
    for (const scan of ['fits', 'other'] as const) {
      if (right === 'create') {
        const { status } = await send('POST', '/v1/scans', machine, { id: `${scan}-${++count}` })
        t.equal(asSaid(status), said[scan], `${token}: creating a scan that is ${scan}`)
      }
      for (const { call } of callRows.filter(row => row.right === right)) {
        const status = await attempt(running, call, scan, machine)
        t.equal(asSaid(status), said[scan], `${token}: ${call} of ${scan}`)
        if (isSpent(right, status)) await restore(scan, 'private')
      }
    }
  }
})

/** Whether a route is about data sets; PlantDB's of them are all but those for signing in and the overview. */
const isAboutDatasets = (url: string): boolean =>
  url.startsWith('/v1/') ? /^\/v1\/(scans|datasets)\b/.test(url) : /^\/(?:api\/)?(?:scans?|scans_info|filesets?|files?|image|pointcloud|pcGroundTruth|mesh|skeleton|sequence|archive|refresh)(?:\/|$)/.test(url)

t.test('the document names every call, and each right of every kind of account', async t => {
  const { app } = await start(t)
  const said = new Set([...callRows, ...generalRows].map(({ call }) => call))
  const routes = app.routeRules().filter(({ method, url }) => !['HEAD', 'OPTIONS'].includes(method) && isAboutDatasets(url)).map(({ method, url }) => `${method} ${url}`)
  t.strictSame(routes.filter(route => !said.has(route)), [])
  t.equal(said.size, routes.length)
  for (const who of ['guest', 'reader', 'contributor', 'member', 'owner', 'admin']) {
    for (const right of ['read', 'write', 'delete', 'own']) t.ok(rightsRows.some(row => row.who === who && row.right === right), `${who} ${right}`)
  }
  for (const { call, scope } of callRows) {
    const rule = app.routeRules().find(({ method, url }) => `${method} ${url}` === call)?.auth
    t.match(rule, { scopes: [scope] }, call)
  }
})

t.test('calls about no scan in particular', async t => {
  const { send, tokens, restore } = await lab(t, {})
  await restore('plant', 'shared')
  const archive = (await send('GET', '/v1/scans/plant/archive', tokens.admin)).raw
  const zip = multipart({ name: 'zip_file', value: archive, filename: 'plant.zip', type: 'application/zip' })
  const payloadsOf: Record<string, () => Sent> = {
    'POST /v1/scans': () => ({ payload: { id: `new-${++count}` } }),
    'POST /v1/scans/:scan/archive': () => ({ payload: archive, headers: { 'content-type': 'application/zip' } }),
    'POST /archive/:scan': () => ({ payload: zip.body, headers: zip.headers }),
    'POST /api/scan': () => ({ payload: { name: `new-${++count}` } })
  }
  for (const { call, ...row } of generalRows) {
    const [method = '', path = ''] = call.split(' ')
    for (const [who, said] of Object.entries(row)) {
      const { payload, headers } = payloadsOf[call]?.() ?? {}
      const { status } = await send(method, path.replace(':scan', `new-${++count}`), tokens[who], payload, headers)
      t.equal(asSaid(status), said, `${who}: ${call}`)
    }
  }
})

t.test('a token may do no more than its scopes, whatever its account may', async t => {
  const { send, restore, login, ...rest } = await lab(t, {})
  await restore('plant', 'shared')
  for (const { call, scope } of callRows) {
    const others = scopes.filter(other => other !== scope && other !== 'guardcell:verified').join(' ')
    const { access_token: token } = await login('admin', undefined, { scope: others })
    t.equal(await attempt({ send, restore, login, ...rest }, call, 'plant', token), 403, call)
  }
})

t.test('what a call answers needs the right to read it', async t => {
  const running = await lab(t, {})
  const { send, restore, login, tokens } = running
  const secret = 'a secret of the owner'
  const rows = callRows.filter(({ right }) => right !== 'read')
  t.ok(rows.length > 20)
  const narrow: Record<string, string> = {}
  for (const scope of new Set(rows.map(row => row.scope))) narrow[scope] = (await login('owner', undefined, { scope })).access_token
  for (const { call, scope } of rows) {
    await restore('plant', 'private')
    for (const place of ['', '/filesets/images', '/filesets/images/files/one']) {
      t.equal((await send('PATCH', `/v1/scans/plant${place}/metadata`, tokens.owner, { secret })).status, 200)
    }
    const { status, headers, body } = await make(running, call, 'plant', narrow[scope])
    t.equal(asSaid(status), 'yes', call)
    t.notMatch(body + JSON.stringify(headers), secret, call)
  }
})

t.test('lists hold what may be read, and nothing else', async t => {
  const { send, tokens, restore } = await lab(t, { GUEST_ACCESS: 'public' })
  for (const visibility of visibilities) await restore(visibility, visibility)
  const listed = async (who: string) => (JSON.parse((await send('GET', '/v1/scans', tokens[who])).body).items as Array<{ id: string }>).map(({ id }) => id)
  for (const [who, ids] of Object.entries({ guest: ['public'], reader: ['public', 'shared'], contributor: ['public', 'shared'], member: ['private', 'public', 'shared'], owner: ['private', 'public', 'shared'], admin: ['private', 'public', 'shared'] })) {
    t.strictSame(await listed(who), ids, who)
  }
})
