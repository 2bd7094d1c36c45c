import { gzipSync } from 'node:zlib'
import t from 'tap'
import { PASSWORD } from '../support/app.js'
import { everythingOfUsers, filePart, multipart, startLab, unfinished, type Lab } from '../support/datasets.js'
import { field } from '../support/plantdb.js'
import { listen, sendRaw } from '../support/raw-http.js'

const FILES = '/v1/scans/plant/filesets/images/files'
const JSON_TYPE = 'application/json'
const FORM = 'application/x-www-form-urlencoded'

/** One call for each kind of body that there is; each would succeed. */
function calls (): Array<[method: string, url: string, type: string, body: Buffer]> {
  const form = multipart(filePart('bud.txt', 'a bud'))
  const plantdb = multipart(field('ext', 'txt'), filePart('x.txt', 'x'))
  const json = (value: object): Buffer => Buffer.from(JSON.stringify(value))
  const type = form.headers['content-type']!
  return [
    ['PUT', `${FILES}/leaf`, 'application/octet-stream', Buffer.from('half of it')],
    ['POST', `${FILES}?id=new&ext=txt`, 'text/plain', Buffer.from('half of it')],
    ['POST', FILES, type, form.body],
    ['PUT', '/v1/scans/plant/metadata', JSON_TYPE, json({ note: 1 })],
    ['PATCH', '/v1/scans/plant/metadata', 'application/merge-patch+json', json({ note: 1 })],
    ['POST', '/v1/scans', JSON_TYPE, json({ id: 'other' })],
    ['POST', '/v1/scans/other/archive', 'application/zip', Buffer.from('PK')],
    ['POST', '/file/plant/images/new', type, plantdb.body],
    ['POST', '/files/plant', 'application/octet-stream', Buffer.from('x = 1')],
    ['POST', '/scan/other', JSON_TYPE, json({})],
    ['POST', '/scan/plant/metadata', JSON_TYPE, json({ metadata: { note: 1 } })],
    ['POST', '/v1/auth/login', JSON_TYPE, json({ username: 'admin', password: PASSWORD })],
    ['POST', '/login', JSON_TYPE, json({ username: 'admin', password: PASSWORD })],
    ['POST', '/oauth/token', FORM, Buffer.from(`grant_type=password&username=admin&password=${encodeURIComponent(PASSWORD)}`)],
    ['DELETE', `${FILES}/leaf`, '', Buffer.alloc(0)]
  ]
}

const withLeaf = async (lab: Lab): Promise<Lab> => {
  await lab.createFiles('plant', { 'leaf.jpg': 'a leaf, all of it' })
  return lab
}

const sent = (lab: Lab, [method, url, type, body]: ReturnType<typeof calls>[number], headers: Record<string, string>) => lab.send(method, url, body, {
  ...(type === '' ? {} : { 'content-type': type }), 'x-file-path': 'scan.toml', ...(url.startsWith('/oauth') ? { authorization: '' } : {}), ...headers
})

t.test('a body that is a part of something is refused, and changes nothing', async t => {
  const lab = await withLeaf(await startLab(t))
  const before = await everythingOfUsers(lab.root)
  for (const range of ['bytes 7-16/17', 'bytes 0-9/*', 'bytes */17', 'nonsense', '']) {
    for (const call of calls()) {
      const { status, body } = await sent(lab, call, { 'content-range': range })
      t.equal(status, 400, `${call[0]} ${call[1]}`)
      t.equal(call[1].startsWith('/oauth') ? body.error : body.code, 'invalid_request', `${call[0]} ${call[1]}`)
    }
  }
  t.strictSame(await everythingOfUsers(lab.root), before)
  t.equal((await lab.bytes(`${FILES}/leaf`, { 'content-range': 'bytes 0-1/2' })).status, 200, 'what has no body has no part of one')
})

t.test('a body in a coding is refused with the codings that there are, and changes nothing', async t => {
  const lab = await withLeaf(await startLab(t))
  const before = await everythingOfUsers(lab.root)
  for (const coding of ['gzip', 'x-gzip', 'deflate', 'br', 'zstd', 'GZIP', 'identity, gzip', 'gzip,', 'aes128gcm', 'nonsense']) {
    for (const [method, url, type, body] of calls()) {
      const { status, headers, body: problem } = await sent(lab, [method, url, type, gzipSync(body)], { 'content-encoding': coding })
      t.match({ status, headers }, { status: 415, headers: { 'accept-encoding': 'identity' } }, `${method} ${url} ${coding}`)
      t.equal(url.startsWith('/oauth') ? problem.error : problem.code, url.startsWith('/oauth') ? 'invalid_request' : 'unsupported_content_coding')
    }
  }
  t.strictSame(await everythingOfUsers(lab.root), before)
  const otherwise = await lab.send('POST', '/v1/auth/login', Buffer.from('x'), { 'content-type': 'text/plain' })
  t.match(otherwise, { status: 415, headers: { 'accept-encoding': undefined } }, 'a media type that is not taken says nothing of codings')
})

t.test('identity is no coding', async t => {
  const { upload, bytes } = await withLeaf(await startLab(t))
  for (const [i, coding] of ['identity', 'Identity', 'identity, identity', '', ' '].entries()) {
    t.equal((await upload(`${FILES}?id=file-${i}`, 'as it is', { 'content-encoding': coding })).status, 201, coding)
    t.equal(String((await bytes(`${FILES}/file-${i}`)).data), 'as it is')
  }
})

t.test('a transfer coding other than chunked is refused', async t => {
  const { app, admin, send } = await withLeaf(await startLab(t))
  const port = await listen(app)
  const put = (coding: string, body: Buffer) => sendRaw(port, 'PUT', `${FILES}/leaf`, { authorization: `Bearer ${admin}`, 'content-type': 'application/octet-stream', 'transfer-encoding': coding }, body)
  const { status, text } = await put('gzip, chunked', gzipSync('a bud'))
  t.match({ status, text }, { status: 501, text: /unsupported_transfer_coding/ })
  t.match((await send('GET', `${FILES}/leaf/info`)).body, { bytes: 17 })
  t.equal((await put('Chunked', Buffer.from('a bud'))).status, 200)
  t.match((await send('GET', `${FILES}/leaf/info`)).body, { bytes: 5 })
})

t.test('who may not call is told so, and nothing else', async t => {
  const { call } = await withLeaf(await startLab(t))
  t.equal((await call('PUT', `${FILES}/leaf`, { headers: { 'content-range': 'bytes 0-1/2', 'content-encoding': 'gzip' }, body: Buffer.from('x') })).status, 401)
  t.equal((await call('POST', '/nothing/here', { headers: { 'content-encoding': 'gzip' }, body: Buffer.from('x') })).status, 404)
})

t.test('a part of a form in a coding is refused, and changes nothing', async t => {
  const lab = await withLeaf(await startLab(t))
  const before = await everythingOfUsers(lab.root)
  const form = (coding: string, of: 'file' | 'field') => {
    const { body, headers } = multipart(filePart('bud.txt', 'YSBidWQ='), field('ext', 'txt'))
    const name = of === 'file' ? 'filename="bud.txt"' : 'name="ext"'
    return { headers, body: Buffer.from(body.toString().replace(name, `${name}\r\nContent-Transfer-Encoding: ${coding}`)) }
  }
  for (const url of [FILES, '/file/plant/images/bud']) {
    for (const coding of ['base64', 'BASE64', 'quoted-printable', 'x-gzip']) {
      for (const of of ['file', 'field'] as const) {
        const { body, headers } = form(coding, of)
        t.match(await lab.send('POST', url, body, headers), { status: 415, body: { code: 'unsupported_media_type' } }, `${url} ${coding} ${of}`)
      }
    }
  }
  t.strictSame(await everythingOfUsers(lab.root), before)
  t.strictSame(await unfinished(lab.root), [])
  for (const [i, coding] of ['7bit', '8bit', 'Binary'].entries()) {
    const { body, headers } = form(coding, 'file')
    t.match(await lab.send('POST', `${FILES}?id=file-${i}`, body, headers), { status: 201, body: { bytes: 8 } })
  }
})
