import t, { type Test } from 'tap'
import { contentDigest, digestOf, filePart, multipart, startLab, type Lab, type Part } from '../support/datasets.js'

const FILES = '/v1/scans/plant/filesets/images/files'

async function withFileset (t: Test): Promise<Lab & { form: (url: string, ...parts: Part[]) => Promise<Awaited<ReturnType<Lab['send']>>> }> {
  const lab = await startLab(t)
  await lab.createFiles('plant', {})
  return {
    ...lab,
    form: async (url, ...parts) => {
      const { body, headers } = multipart(...parts)
      return await lab.send('POST', url, body, headers)
    }
  }
}

t.test('a file is made of a body, read, replaced and deleted', async t => {
  const { upload, send, bytes } = await withFileset(t)
  const created = await upload(`${FILES}?id=leaf&ext=jpg&metadata=${encodeURIComponent('{"shot":1}')}`, 'a leaf')
  t.equal(created.status, 201)
  t.equal(created.headers.location, `${FILES}/leaf`)
  t.equal(created.headers['content-digest'], contentDigest('a leaf'))
  t.strictSame(Object.keys(created.body).sort(), ['bytes', 'created', 'digest', 'fileset', 'id', 'last_modified', 'media_type', 'name', 'scan'])
  t.match(created.body, { id: 'leaf', name: 'leaf.jpg', scan: 'plant', fileset: 'images', bytes: 6, media_type: 'image/jpeg', digest: digestOf('a leaf') })
  t.strictSame((await send('GET', `${FILES}/leaf/info`)).body, created.body)
  t.strictSame((await send('GET', `${FILES}/leaf/metadata`)).body, { shot: 1 })
  t.equal((await bytes(`${FILES}/leaf`)).data.toString(), 'a leaf')

  const replaced = await upload(`${FILES}/leaf`, 'another', {}, 'PUT')
  t.equal(replaced.status, 200)
  t.equal(replaced.headers['content-digest'], contentDigest('another'))
  t.match(replaced.body, { id: 'leaf', name: 'leaf.jpg', bytes: 7, digest: digestOf('another') })
  t.equal((await bytes(`${FILES}/leaf`)).data.toString(), 'another')
  t.strictSame((await send('GET', `${FILES}/leaf/metadata`)).body, { shot: 1 }, 'what is said of it stays')

  t.equal((await send('DELETE', `${FILES}/leaf`)).status, 204)
  for (const path of ['', '/info', '/metadata', '/image']) t.match(await send('GET', `${FILES}/leaf${path}`), { status: 404, body: { code: 'file_not_found' } }, path)
  t.match(await upload(`${FILES}/leaf`, 'x', {}, 'PUT'), { status: 404, body: { code: 'file_not_found' } })
  t.equal((await upload(`${FILES}?id=leaf&ext=png`, 'next')).status, 201)
  t.strictSame((await send('GET', `${FILES}/leaf/metadata`)).body, {}, 'the next of that name has no metadata of the one before')
})

t.test('a file is made of a form; what is said of it may come before or behind it, or in the query', async t => {
  const { form, send } = await withFileset(t)
  const [id, ext, metadata] = [{ name: 'id', value: 'leaf' }, { name: 'ext', value: '.png' }, { name: 'metadata', value: '{"shot":2}' }]
  const file = filePart('picture.jpg', 'a leaf')
  const orders = [[file, id, ext, metadata], [id, ext, metadata, file], [id, file, ext, metadata], [metadata, file, ext, id]]
  for (const parts of orders) {
    const created = await form(FILES, ...parts)
    t.match(created, { status: 201, body: { id: 'leaf', name: 'leaf.png', bytes: 6, media_type: 'image/png', digest: digestOf('a leaf') } })
    t.strictSame((await send('GET', `${FILES}/leaf/metadata`)).body, { shot: 2 })
    t.equal((await send('DELETE', `${FILES}/leaf`)).status, 204)
  }
  const query = `id=bud&ext=txt&metadata=${encodeURIComponent('{"shot":3}')}`
  t.match(await form(`${FILES}?${query}`, file), { status: 201, body: { id: 'bud', name: 'bud.txt' } })
  t.strictSame((await send('GET', `${FILES}/bud/metadata`)).body, { shot: 3 })
  t.match(await form(FILES, file), { status: 201, body: { id: 'picture', name: 'picture.jpg' } }, 'else by the name of the client\'s file')
  t.match(await form(FILES, { name: 'id', value: 'named' }, file), { status: 201, body: { id: 'named', name: 'named.jpg' } })
  t.match(await form(FILES, filePart('without', 'x'), { name: 'metadata', value: '' }), { status: 201, body: { id: 'without', name: 'without', media_type: 'application/octet-stream' } })
  t.match(await form(FILES, filePart('archive.tar.gz', 'x')), { status: 201, body: { id: 'archive.tar', name: 'archive.tar.gz' } })
})

t.test('content is taken as it is, whatever type is said of it', async t => {
  const { send, bytes } = await withFileset(t)
  const contents: Array<[type: string | undefined, data: Buffer]> = [
    ['application/json', Buffer.from('{"a": 1,  "a": 2, ')],
    ['application/json; charset=utf-16', Buffer.from('﻿[]')],
    ['application/merge-patch+json', Buffer.from('null')],
    ['application/x-www-form-urlencoded', Buffer.from('a=1&b=%00&c')],
    ['text/plain', Buffer.from('ä\r\n\0\xff', 'latin1')],
    ['application/zip', Buffer.from('PK')],
    ['image/jpeg', Buffer.from([0xff, 0xd8, 0, 1, 2, 254])],
    ['x-unheard-of/nonsense', Buffer.from('nonsense')],
    ['text/plain; charset=', Buffer.from('x')],
    [undefined, Buffer.from('typeless')],
    ['application/octet-stream', Buffer.alloc(0)],
    ['application/octet-stream', Buffer.alloc(5_000_000, 'abc')]
  ]
  for (const [i, [type, data]] of contents.entries()) {
    const answer = await send('POST', `${FILES}?id=file-${i}&ext=bin`, data, type === undefined ? {} : { 'content-type': type })
    t.match(answer, { status: 201, body: { bytes: data.length, digest: digestOf(data), media_type: 'application/octet-stream' } }, `${type}`)
    t.ok((await bytes(`${FILES}/file-${i}`)).data.equals(data), `${type} comes back as it went in`)
    const { body, headers } = multipart({ name: 'file', value: data, filename: `part-${i}.bin`, ...(type === undefined ? {} : { type }) })
    if (data.length > 0) t.match(await send('POST', FILES, body, headers), { status: 201, body: { bytes: data.length, digest: digestOf(data) } }, `${type} in a form`)
  }
  t.match(await send('POST', `${FILES}?id=other`, Buffer.from('x'), { 'content-type': 'nonsense' }), { status: 415, body: { code: 'unsupported_media_type' } }, 'what is no media type')
})

t.test('a digest that is right is taken', async t => {
  const { upload, send } = await withFileset(t)
  const right = contentDigest('a leaf')
  for (const [i, digest] of [right, `${right}, sha-512=:YWJj:`, `unixsum=:YWJj:,   ${right}`, `sha-256=:YWJj:, ${right}`, 'sha-512=:YWJj:', ` ${right} `].entries()) {
    t.equal((await upload(`${FILES}?id=leaf-${i}`, 'a leaf', { 'content-digest': digest })).status, 201, digest)
  }
  const { body, headers } = multipart(filePart('bud.txt', 'a bud'), { name: 'id', value: 'bud' })
  t.equal((await send('POST', FILES, body, { ...headers, 'content-digest': contentDigest(body) })).status, 201, 'of a form it is that of the whole body')
  t.equal((await upload(`${FILES}/bud`, 'a leaf', { 'content-digest': right }, 'PUT')).status, 200)
})

t.test('files are listed by id, page by page', async t => {
  const { upload, send } = await withFileset(t)
  const ids = ['00002', '00001', 'b', 'a.b', '-x', '_', 'B']
  for (const id of ids) t.equal((await upload(`${FILES}?id=${id}&ext=txt`, id)).status, 201)
  for (const limit of [1, 3, 7, 8]) {
    const found: string[] = []
    for (let cursor: string | null = ''; cursor !== null && found.length < 20;) {
      const { body }: { body: any } = await send('GET', `${FILES}?limit=${limit}${cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`}`)
      found.push(...body.items.map(({ id }: { id: string }) => id))
      cursor = body.next
    }
    t.strictSame(found, ids.toSorted(), `pages of ${limit}`)
  }
})

t.test('uploads that arrive together are all taken, and one of each id', async t => {
  const { upload, send, bytes } = await withFileset(t)
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => upload(`${FILES}?id=file-${i % 30}&ext=txt`, `content ${i}`)))
  t.equal(answers.filter(({ status }) => status === 201).length, 30)
  t.ok(answers.filter(({ status }) => status !== 201).every(({ status, body }) => status === 409 && body.code === 'file_exists'))
  const { items } = (await send('GET', `${FILES}?limit=500`)).body
  t.equal(items.length, 30)
  for (const [i, { status, body }] of answers.entries()) {
    if (status === 201) t.equal((await bytes(`${FILES}/${body.id}`)).data.toString(), `content ${i}`, 'what was answered is what is kept')
  }
  await Promise.all(items.slice(0, 20).map(({ id }: { id: string }) => send('DELETE', `${FILES}/${id}`)))
  t.equal((await send('GET', '/v1/scans/plant')).body.files, 10)
})
