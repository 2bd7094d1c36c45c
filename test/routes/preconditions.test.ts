import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Answer } from '../support/app.js'
import { everythingOfUsers, filePart, multipart, startLab, unfinished, type Lab } from '../support/datasets.js'
import { field } from '../support/plantdb.js'
import { begin, listen } from '../support/raw-http.js'

const SCAN = '/v1/scans/plant'
const SET = `${SCAN}/filesets/images`
const FILE = `${SET}/files/leaf`
const LATER = 'Fri, 01 Jan 2100 00:00:00 GMT'
const EARLIER = 'Sat, 01 Jan 2000 00:00:00 GMT'

/** What has an entity tag at `tag`, and the calls that change it; each works without conditions. */
const writes: Array<{ tag: string, method: string, url: string, body?: object | string, headers?: Record<string, string> }> = [
  { tag: FILE, method: 'PUT', url: FILE, body: 'another' },
  { tag: FILE, method: 'DELETE', url: FILE },
  { tag: '/files/plant/images/leaf.txt', method: 'POST', url: '/files/plant', body: 'another', headers: { 'x-file-path': 'images/leaf.txt' } },
  { tag: '/files/plant/scan.toml', method: 'POST', url: '/files/plant', body: 'x = 2', headers: { 'x-file-path': 'scan.toml' } },
  ...[SCAN, SET, FILE].flatMap(place => ['PUT', 'PATCH'].map(method => ({ tag: `${place}/metadata`, method, url: `${place}/metadata`, body: { note: 1 } }))),
  ...['/scan/plant', '/fileset/plant/images', '/file/plant/images/leaf', '/api/scan/plant'].map(place => ({ tag: `${place}/metadata`, method: 'POST', url: `${place}/metadata`, body: { metadata: { note: 1 } } })),
  { tag: '/api/scan/plant/metadata', method: 'POST', url: '/api/scan/plant/metadata', body: { metadata: { note: 1 }, replace: true } },
  { tag: SCAN, method: 'PUT', url: `${SCAN}/owner`, body: { owner: 'admin' } },
  { tag: SCAN, method: 'PUT', url: `${SCAN}/sharing`, body: { groups: [], visibility: 'private' } },
  { tag: SET, method: 'DELETE', url: SET },
  { tag: SCAN, method: 'DELETE', url: SCAN }
]

async function withLeaf (t: Test): Promise<Lab & { ask: (write: typeof writes[number], headers?: Record<string, string>) => Promise<Answer>, make: () => Promise<void> }> {
  const lab = await startLab(t)
  const ask: Awaited<ReturnType<typeof withLeaf>>['ask'] = ({ method, url, body, headers: own = {} }, headers = {}) => {
    if (typeof body !== 'string') return lab.send(method, url, body, headers)
    return lab.upload(url, body, { ...own, ...headers }, method)
  }
  const make = async (): Promise<void> => {
    await lab.createFiles('plant', { 'leaf.txt': 'a leaf' })
    await lab.upload('/files/plant', 'x = 1', { 'x-file-path': 'scan.toml' })
    await lab.send('PUT', `${FILE}/metadata`, { shot: 1 })
  }
  await make()
  return { ...lab, ask, make }
}

t.test('a write whose condition does not hold is refused, and changes nothing', async t => {
  const { ask, send, root } = await withLeaf(t)
  const before = await everythingOfUsers(root)
  for (const write of writes) {
    const name = `${write.method} ${write.url}`
    const etag = String((await send('GET', write.tag)).headers.etag)
    t.match(etag, /^"[^"]+"$/, name)
    const wrong: Array<Record<string, string>> = [
      { 'if-match': '"other"' }, { 'if-match': `W/${etag}` }, { 'if-match': etag.replaceAll('"', '') }, { 'if-match': '' }, { 'if-match': '"a", "b"' }, { 'if-match': `${etag} ${etag}` },
      { 'if-none-match': '*' }, { 'if-none-match': etag }, { 'if-none-match': `W/${etag}` }, { 'if-none-match': `"a", ${etag}` }, { 'if-none-match': 'nonsense' }, { 'if-none-match': '' },
      { 'if-unmodified-since': EARLIER }, { 'if-match': '"other"', 'if-unmodified-since': LATER }, { 'if-match': etag, 'if-none-match': '*' }, { 'if-none-match': '"other"', 'if-unmodified-since': EARLIER }
    ]
    for (const headers of wrong) t.match(await ask(write, headers), { status: 412, body: { code: 'precondition_failed' } }, `${name} ${JSON.stringify(headers)}`)
  }
  t.strictSame(await everythingOfUsers(root), before)
  t.strictSame(await unfinished(root), [])
})

t.test('a write whose conditions hold is done', async t => {
  const { ask, send, make } = await withLeaf(t)
  const right = (etag: string): Array<Record<string, string>> => [
    { 'if-match': etag }, { 'if-match': '*' }, { 'if-match': `"other", ${etag}` }, { 'if-match': etag, 'if-unmodified-since': EARLIER }, { 'if-none-match': '"other"' },
    { 'if-unmodified-since': LATER }, { 'if-unmodified-since': 'nonsense' }, { 'if-modified-since': LATER }
  ]
  for (const write of writes) {
    for (const [i] of right('').entries()) {
      const headers = right(String((await send('GET', write.tag)).headers.etag))[i]!
      const { status, body } = await ask(write, headers)
      t.ok(status < 300, `${write.method} ${write.url} ${JSON.stringify(headers)} ${status} ${JSON.stringify(body)}`)
      if (write.method !== 'DELETE') continue
      await send('DELETE', SCAN)
      await make()
    }
  }
})

t.test('what is not there is not found, whatever is wanted of it', async t => {
  const { ask, upload, send } = await withLeaf(t)
  for (const write of writes) {
    const elsewhere = { ...write, url: write.url.replace('plant', 'none') }
    for (const headers of [{ 'if-match': '"a"' }, { 'if-none-match': '*' }]) t.equal((await ask(elsewhere, headers)).status, 404, `${write.method} ${elsewhere.url}`)
  }
  t.equal((await upload(`${SET}/files/none`, 'x', { 'if-none-match': '*' }, 'PUT')).status, 404)
  for (const path of ['new.toml', 'images/new.txt']) {
    const put = (headers: Record<string, string>) => upload('/files/plant', 'new', { 'x-file-path': path, ...headers })
    t.equal((await put({ 'if-match': '*' })).status, 412, 'nothing is there')
    t.equal((await send('GET', `/files/plant/${path}`)).status, 404)
    t.equal((await put({ 'if-none-match': '*' })).status, 201, 'and so it is made')
    t.equal((await put({ 'if-none-match': '*' })).status, 412, 'once')
  }
})

t.test('the entity tag of an answer to a write is that of what was written', async t => {
  const { ask, send } = await withLeaf(t)
  for (const write of writes.filter(({ method, url }) => method !== 'DELETE' && url !== '/files/plant')) {
    const { headers: { etag } } = await ask(write)
    t.equal(etag, (await send('GET', write.tag)).headers.etag, `${write.method} ${write.url}`)
  }
})

t.test('of writes that race with the same tag, one is done', async t => {
  const { ask, send, make } = await withLeaf(t)
  for (const write of writes) {
    const name = `${write.method} ${write.url}`
    const etag = String((await send('GET', write.tag)).headers.etag)
    const answers = await Promise.all(Array.from({ length: 6 }, (_, i) => {
      if (typeof write.body === 'string') return ask({ ...write, body: `by ${i}` }, { 'if-match': etag })
      // What changes nothing leaves the tag as it is: each writes something that was never there.
      const more = { [`by-${i}`]: JSON.stringify([name, write.body]) }
      const body = write.body && 'metadata' in write.body ? { ...write.body, metadata: more } : write.url.endsWith('/metadata') ? more : write.body
      return ask({ ...write, ...(body ? { body } : {}) }, { 'if-match': etag })
    }))
    const done = answers.flatMap(({ status }, i) => status < 300 ? [i] : [])
    t.equal(done.length, 1, name)
    // Of those that remove something, the others may find nothing.
    t.ok(answers.every(({ status }) => status < 300 || status === 412 || (write.method === 'DELETE' && status === 404)), name)
    if (write.method === 'DELETE') {
      await send('DELETE', SCAN)
      await make()
    } else if (typeof write.body === 'string') t.equal((await send('GET', write.tag)).body, `by ${done[0]}`, `${name}: the one that was told so`)
  }
})

t.test('a write between the reading of a body and its turn is seen', async t => {
  const { app, admin, send, upload } = await withLeaf(t)
  const port = await listen(app)
  const etag = String((await send('GET', FILE)).headers.etag)
  const socket = await begin(port, `PUT ${FILE} HTTP/1.1\nHost: x\nAuthorization: Bearer ${admin}\nContent-Type: text/plain\nContent-Length: 10\nIf-Match: ${etag}\nConnection: close\n\n`, 'slow ')
  const answer = new Promise<string>(resolve => {
    let text = ''
    socket.on('data', data => { text += String(data) }).on('close', () => resolve(text))
  })
  // As soon as the file is there, the condition was looked at for the first time.
  while ((await unfinished(app.datasets.root)).length === 0) await new Promise(resolve => setTimeout(resolve, 10))
  t.equal((await upload(FILE, 'quick', {}, 'PUT')).status, 200)
  socket.write('write')
  t.match(await answer, /^HTTP\/1.1 412 /)
  t.equal((await send('GET', FILE)).body, 'quick')
})

t.test('an upload that cannot be wanted is refused before it is read', async t => {
  const { app, admin } = await withLeaf(t)
  const port = await listen(app)
  for (const [method, url, more] of [['PUT', FILE, ''], ['POST', '/files/plant', 'X-File-Path: scan.toml\n'], ['POST', '/files/plant', 'X-File-Path: images/leaf.txt\n'], ['POST', `${SET}/files?id=new`, '']]) {
    const socket = await begin(port, `${method} ${url} HTTP/1.1\nHost: x\nAuthorization: Bearer ${admin}\nContent-Type: application/octet-stream\nContent-Length: 100000000\nIf-Match: "other"\n${more}\n`, randomBytes(1000))
    const text = await new Promise<string>(resolve => socket.once('data', data => resolve(String(data))))
    t.match(text, /^HTTP\/1.1 412 /, `${method} ${url}`)
    socket.destroy()
  }
})

t.test('reads answer whether something has changed', async t => {
  const { send } = await withLeaf(t)
  for (const url of [SCAN, SET, FILE, `${FILE}/info`, ...[SCAN, SET, FILE].map(place => `${place}/metadata`), '/scan/plant/metadata', '/api/fileset/plant/images/metadata', '/file/plant/images/leaf/metadata?key=shot', '/.well-known/jwks.json']) {
    const { headers, body } = await send('GET', url)
    const { etag, 'last-modified': modified } = headers as Record<string, string | undefined>
    for (const headers of [{ 'if-none-match': String(etag) }, { 'if-none-match': `W/${String(etag)}` }, { 'if-none-match': '*' }, ...(modified === undefined ? [] : [{ 'if-modified-since': modified }, { 'if-modified-since': LATER }])]) {
      const answer = await send('GET', url, undefined, headers)
      t.match(answer, { status: 304, body: '', headers: { etag } }, `${url} ${JSON.stringify(headers)}`)
      t.notOk(answer.headers['content-type'] && url !== FILE, url)
    }
    for (const headers of [{ 'if-none-match': '"other"' }, { 'if-none-match': 'nonsense' }, { 'if-modified-since': EARLIER }, { 'if-match': String(etag) }, { 'if-none-match': '"other"', 'if-modified-since': LATER }]) {
      t.match(await send('GET', url, undefined, headers), { status: 200, body }, `${url} ${JSON.stringify(headers)}`)
    }
    for (const headers of [{ 'if-match': '"other"' }, { 'if-match': 'nonsense' }, ...(modified === undefined ? [] : [{ 'if-unmodified-since': EARLIER }])]) {
      t.match(await send('GET', url, undefined, headers), { status: 412, body: { code: 'precondition_failed' } }, `${url} ${JSON.stringify(headers)}`)
    }
  }
})

t.test('the tag of a scan, a fileset and a file changes with what is written to them', async t => {
  const { send, upload } = await withLeaf(t)
  const tags = async () => await Promise.all([SCAN, SET, `${FILE}/info`].map(async url => (await send('GET', url)).headers.etag))
  const changes: Array<[name: string, changed: boolean[], write: () => Promise<Answer>]> = [
    ['content of the same length', [true, true, true], () => upload(FILE, 'A LEAF', {}, 'PUT')],
    ['a file more', [true, true, false], () => upload(`${SET}/files?id=bud`, 'x')],
    ['a file less', [true, true, false], () => send('DELETE', `${SET}/files/bud`)],
    ['metadata of the scan', [true, false, false], () => send('PATCH', `${SCAN}/metadata`, { note: 1 })],
    ['sharing', [true, false, false], () => send('PUT', `${SCAN}/sharing`, { groups: [], visibility: 'public' })]
  ]
  for (const [name, changed, write] of changes) {
    const before = await tags()
    t.ok((await write()).status < 300)
    const after = await tags()
    t.strictSame(after.map((tag, i) => tag !== before[i]), changed, name)
  }
})

t.test('what has no entity tags takes no write that names some', async t => {
  const { send, call, ask } = await withLeaf(t)
  const form = multipart(field('ext', 'txt'), filePart('x', 'x'))
  const calls: Array<[method: string, url: string, body: object | undefined, headers?: Record<string, string>]> = [
    ['POST', '/v1/scans', { id: 'other' }], ['POST', `${SCAN}/filesets`, { id: 'other' }], ['POST', '/scan/third', {}], ['POST', '/fileset/plant/third', {}],
    ['POST', '/file/plant/images/other', form.body, form.headers], ['PATCH', '/v1/users/me', { fullname: 'Other' }], ['POST', '/v1/groups', { name: 'other' }], ['DELETE', '/v1/sessions?which=others', undefined]
  ]
  for (const [method, url, body, headers = {}] of calls) {
    t.match(await send(method, url, body, { ...headers, 'if-match': '"a"' }), { status: 412, body: { code: 'precondition_failed' } }, `${method} ${url}`)
    t.ok((await send(method, url, body, { ...headers, 'if-match': '*', 'if-none-match': '*' })).status < 300, `${method} ${url}: it makes something new in any case`)
  }
  t.match(await call('POST', '/oauth/token', { body: 'grant_type=password', headers: { 'if-match': '"a"' } }), { status: 412, body: { error: 'invalid_request' } })
  t.equal((await call('DELETE', SCAN, { headers: { 'if-match': '"a"' } })).status, 401, 'who may not is told so first')
  t.equal((await ask({ tag: '', method: 'DELETE', url: '/v1/nothing' }, { 'if-match': '"a"' })).status, 404)
})
