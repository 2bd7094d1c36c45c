import sharp from 'sharp'
import t from 'tap'
import { startLab } from '../support/datasets.js'

t.test('HEAD answers what GET answers, without a body', async t => {
  const { app, admin, createFiles } = await startLab(t)
  await createFiles('plant', { 'a.jpg': await sharp({ create: { width: 8, height: 8, channels: 3, background: 'green' } }).jpeg().toBuffer() })
  const authorization = `Bearer ${admin}`
  const urls = new Set(app.routeRules().filter(({ method, url }) => method === 'GET' && !/^\/(docs|metrics)/.test(url)).map(({ url }) =>
    url.replace(':scan', 'plant').replace(':fileset', 'images').replace(':file', 'a').replace('*', 'images/a.jpg').replace(/:\w+/, 'none') || '/'))
  t.ok(urls.size > 40)
  for (const url of [...urls, '/login?username=admin']) {
    // One refresh of everything is enough for a minute.
    if (url === '/refresh') continue
    const get = await app.inject({ method: 'GET', url, headers: { authorization } })
    const head = await app.inject({ method: 'HEAD', url, headers: { authorization } })
    t.equal(head.statusCode, get.statusCode, url)
    t.not(get.statusCode, 500)
    t.equal(head.body, '')
    t.equal(head.headers['content-type'], get.headers['content-type'], url)
    const { etag } = get.headers
    if (etag === undefined) continue
    const again = { authorization, 'if-none-match': etag }
    t.equal((await app.inject({ method: 'HEAD', url, headers: again })).statusCode, (await app.inject({ method: 'GET', url, headers: again })).statusCode, `${url} with the entity tag`)
  }
})
