import sharp from 'sharp'
import t, { type Test } from 'tap'
import { startLab, type Lab } from '../support/datasets.js'

const FILES = '/v1/scans/plant/filesets/images/files'
const drawn = (width: number, height: number, background = '#0a8040') => sharp({ create: { width, height, channels: 3, background } })
const [wide, tall, png] = await Promise.all([drawn(2000, 1000).jpeg().toBuffer(), drawn(300, 600).jpeg().toBuffer(), drawn(64, 32).png().toBuffer()])

async function withPictures (t: Test): Promise<Lab & { sizeOf: (url: string) => Promise<string> }> {
  const lab = await startLab(t)
  await lab.createFiles('plant', { 'wide.jpg': wide, 'tall.jpg': tall, 'small.png': png, 'text.jpg': 'no picture', 'list.json': '[]', 'empty.jpg': '' })
  return {
    ...lab,
    sizeOf: async url => {
      const { status, data } = await lab.bytes(url)
      if (status !== 200) return `${status} ${data.toString()}`
      const { format, width, height } = await sharp(data).metadata()
      return `${format} ${width}x${height}`
    }
  }
}

t.test('pictures are sent in the size that is asked for', async t => {
  const { sizeOf, bytes } = await withPictures(t)
  for (const [query, expected] of [
    ['', 'jpeg 150x75'], ['?size=thumb', 'jpeg 150x75'], ['?size=large', 'jpeg 1500x750'], ['?size=orig', 'jpeg 2000x1000'], ['?size=100', 'jpeg 100x50'], ['?size=1', 'jpeg 1x1'], ['?size=4096', 'jpeg 2000x1000']
  ] as const) {
    t.equal(await sizeOf(`${FILES}/wide/image${query}`), expected, query)
  }
  t.equal(await sizeOf(`${FILES}/tall/image?size=thumb`), 'jpeg 75x150')
  t.equal(await sizeOf(`${FILES}/small/image?size=large`), 'jpeg 64x32', 'none is made larger')
  t.equal(await sizeOf(`${FILES}/small/image?size=orig`), 'png 64x32')
  t.ok((await bytes(`${FILES}/small/image?size=orig`)).data.equals(png), 'the original is the file itself')
})

t.test('a picture says what it is and how it is encoded', async t => {
  const { bytes } = await withPictures(t)
  for (const [url, type] of [[`${FILES}/small/image`, 'image/jpeg'], [`${FILES}/small/image?size=orig`, 'image/png'], [`${FILES}/small/image?size=20&as_base64=false`, 'image/jpeg']] as const) {
    const { status, headers, data } = await bytes(url)
    t.equal(status, 200, url)
    t.match(headers, { 'content-type': type, 'x-content-encoding': 'binary', etag: /^"/, 'cache-control': /private/, 'content-length': `${data.length}`, 'content-security-policy': /sandbox/ })
  }
})

t.test('a picture is sent as text where that is asked for', async t => {
  const { bytes, send } = await withPictures(t)
  for (const size of ['thumb', 'orig', '30']) {
    const { status, headers, body } = await send('GET', `${FILES}/small/image?size=${size}&as_base64=true`)
    t.equal(status, 200)
    t.equal(headers['x-content-encoding'], 'base64')
    t.match(headers['content-type'], /^application\/json/)
    t.strictSame(Object.keys(body).sort(), ['content-type', 'image'])
    t.equal(body['content-type'], size === 'orig' ? 'image/png' : 'image/jpeg')
    t.ok(Buffer.from(body.image, 'base64').equals((await bytes(`${FILES}/small/image?size=${size}`)).data), size)
  }
})

t.test('a size that is none is refused', async t => {
  const { send } = await withPictures(t)
  for (const size of ['', '0', '-1', '4097', '99999', '1.5', '1e2', 'Thumb', 'huge', '100px', '%20', '0x10', '٣', 'constructor', 'thumb&size=large']) {
    for (const text of ['', '&as_base64=true']) {
      const refused = await send('GET', `${FILES}/wide/image?size=${encodeURIComponent(size).replace('%26', '&').replace('%3D', '=')}${text}`)
      t.match(refused, { status: 400, body: { code: 'invalid_request' } }, size)
    }
  }
  t.match(await send('GET', `${FILES}/wide/image?as_base64=maybe`), { status: 400, body: { code: 'invalid_request' } })
  t.match(await send('GET', `${FILES}/wide/image?width=10`), { status: 400, body: { code: 'invalid_request' } })
})

t.test('what is no picture cannot be made smaller, but sent as it is', async t => {
  const { send, bytes } = await withPictures(t)
  for (const file of ['text', 'list', 'empty']) {
    for (const query of ['', '?size=large', '?size=10', '?size=10&as_base64=true']) {
      t.match(await send('GET', `${FILES}/${file}/image${query}`), { status: 422, body: { code: 'image_unreadable' } }, `${file}${query}`)
    }
  }
  t.equal((await bytes(`${FILES}/text/image?size=orig`)).data.toString(), 'no picture')
})

t.test('pictures that are cut off or bombs are refused or drawn, never an error of the service', async t => {
  const { upload, send } = await withPictures(t)
  const bomb = await drawn(16_000, 16_000).png({ compressionLevel: 9 }).toBuffer()
  const svg = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"><image xlink:href="file:///etc/passwd"/></svg>'
  const contents = { 'cut off': wide.subarray(0, 5000), 'head only': wide.subarray(0, 20), 'a PNG with another ending': png, bomb, svg: Buffer.from(svg) }
  for (const [i, [what, data]] of Object.entries(contents).entries()) {
    t.equal((await upload(`${FILES}?id=odd-${i}&ext=jpg`, data)).status, 201)
    t.match((await send('GET', `${FILES}/odd-${i}/image`)).status, /^(200|422)$/, what)
  }
  t.match(await send('GET', `${FILES}/odd-1/image`), { status: 422, body: { code: 'image_unreadable' } })
  t.match(await send('GET', `${FILES}/odd-4/image`), { status: 422, body: { code: 'image_unreadable' } }, 'nothing is drawn that may name other files')
})

t.test('a picture that is replaced is drawn anew', async t => {
  const { upload, bytes } = await withPictures(t)
  const url = `${FILES}/wide/image?size=thumb`
  const before = await bytes(url)
  t.equal((await bytes(url, { 'if-none-match': String(before.headers.etag) })).status, 304)
  t.equal((await bytes(url, { range: 'bytes=0-9' })).data.length, 10)
  t.equal((await upload(`${FILES}/wide`, await drawn(100, 400, '#f00').jpeg().toBuffer(), {}, 'PUT')).status, 200)
  const after = await bytes(url, { 'if-none-match': String(before.headers.etag) })
  t.equal(after.status, 200)
  const { width, height } = await sharp(after.data).metadata()
  t.strictSame([width, height], [38, 150])
})

t.test('a kept preview is not shown to those who may not read the scan any more', async t => {
  const { send, call, join, bytes } = await withPictures(t)
  const token = await join('ada')
  const url = `${FILES}/wide/image?size=thumb`
  t.equal((await bytes(url)).status, 200)
  t.equal((await call('GET', url, { token })).status, 200)
  t.equal((await send('PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'private' })).status, 200)
  t.match(await call('GET', url, { token }), { status: 404, body: { code: 'scan_not_found' } })
  t.match(await call('GET', url), { status: 401, body: { code: 'authentication_required' } })
  t.equal((await send('DELETE', `${FILES}/wide`)).status, 204)
  t.match(await send('GET', url), { status: 404, body: { code: 'file_not_found' } }, 'nor after it was deleted')
})
