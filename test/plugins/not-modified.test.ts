import sharp from 'sharp'
import t from 'tap'
import { startLab } from '../support/datasets.js'

const cloud = ['ply', 'format ascii 1.0', 'element vertex 2', 'property double x', 'property double y', 'property double z', 'end_header', '0 0 0', '1 1 1', ''].join('\n')

/** All that is served with an entity tag, besides what a route of the table below serves. */
const more = ['/docs/static/index.css', '/image/plant/images/a?size=orig', '/image/plant/images/a?size=40', '/files/plant/images/b.json', '/file/plant/images/b', '/mesh/plant/images/c?size=orig', '/pointcloud/plant/images/c?size=orig', '/pointcloud/plant/images/c?coords=true']

t.test('304 has neither a body nor a content type or length of its own, on every route', async t => {
  const { app, admin, createFiles } = await startLab(t)
  await createFiles('plant', { 'a.jpg': await sharp({ create: { width: 8, height: 8, channels: 3, background: 'green' } }).jpeg().toBuffer(), 'b.json': '{"a":1}', 'c.ply': cloud })
  const authorization = `Bearer ${admin}`
  const urls = new Set(app.routeRules().filter(({ method, url }) => method === 'GET' && url !== '/refresh').map(({ url }) =>
    url.replace(':scan', 'plant').replace(':fileset', 'images').replace(':file', 'a').replace('*', 'images/a.jpg').replace(/:\w+/, 'none') || '/'))
  const unchanged = new Set<string>()
  for (const url of [...urls, ...more]) {
    const { etag, 'last-modified': modified } = (await app.inject({ url, headers: { authorization } })).headers
    const conditions = [...etag === undefined ? [] : [{ 'if-none-match': String(etag) }], ...modified === undefined ? [] : [{ 'if-modified-since': String(modified) }]]
    for (const [method, condition] of conditions.flatMap(one => [['GET', one], ['HEAD', one]] as const)) {
      const { statusCode, headers, rawPayload } = await app.inject({ method, url, headers: { authorization, ...condition } })
      if (statusCode !== 304) continue
      unchanged.add(url)
      t.strictSame({ type: headers['content-type'], length: headers['content-length'], bytes: rawPayload.length }, { type: undefined, length: undefined, bytes: 0 }, `${method} ${url}`)
      if ('if-none-match' in condition) t.equal(headers.etag, etag, url)
    }
  }
  t.ok(unchanged.size >= more.length + 5, [...unchanged].join(' '))
  t.strictSame(more.filter(url => !unchanged.has(url)), [])
})

t.test('the document promises no content for it', async t => {
  const { app } = await startLab(t)
  const { paths } = app.swagger() as unknown as { paths: Record<string, Record<string, { responses: Record<string, { content?: object }> }>> }
  const promised = Object.values(paths).flatMap(methods => Object.values(methods)).map(({ responses }) => responses[304]).filter(response => response !== undefined)
  t.ok(promised.length >= 10)
  t.strictSame(promised.filter(({ content }) => content !== undefined), [])
})

t.test('a JSON file without content is served without content', async t => {
  const { bytes, app, admin, createFiles } = await startLab(t)
  await createFiles('plant', { 'b.json': '{"a":1}', 'none.json': '' })
  for (const url of ['/v1/scans/plant/filesets/images/files/none', '/file/plant/images/none']) {
    t.match(await bytes(url), { status: 200, data: Buffer.alloc(0), headers: { 'content-length': '0' } }, url)
  }
  for (const url of ['/v1/scans/plant/filesets/images/files/b', '/file/plant/images/b']) {
    const head = await app.inject({ method: 'HEAD', url, headers: { authorization: `Bearer ${admin}` } })
    t.match(head.headers, { 'content-type': (await bytes(url)).headers['content-type'], 'content-length': '7' }, url)
  }
})
