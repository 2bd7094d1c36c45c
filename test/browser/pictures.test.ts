import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium } from 'playwright-core'
import sharp from 'sharp'
import t from 'tap'
import { startLab } from '../support/datasets.js'

const CHROMIUM = '/usr/bin/chromium'
const WIDTH = 20

/** What of a page is used here. */
declare const document: { images: Iterable<{ naturalWidth: number }> }

const pictures = ['/v1/scans/plant/filesets/images/files/a', '/v1/scans/plant/filesets/images/files/a/image?size=40', '/image/plant/images/a?size=orig', '/image/plant/images/a?size=thumb', '/file/plant/images/a', '/files/plant/images/a.jpg']

const isThere = existsSync(CHROMIUM)
t.test('Chromium shows pictures on a page of another origin, also when it asks whether they have changed', { skip: isThere ? false : `there is no ${CHROMIUM}: apt-get install chromium` }, async t => {
  const { app, send, createFiles } = await startLab(t, { GUEST_ACCESS: 'read' })
  await createFiles('plant', { 'a.jpg': await sharp({ create: { width: WIDTH, height: 10, channels: 3, background: 'green' } }).jpeg().toBuffer() })
  t.equal((await send('PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'public' })).status, 200)
  const service = await app.listen({ host: '127.0.0.1', port: 0 })
  const viewer = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(pictures.map(path => `<img src="${service}${path}">`).join(''))
  })
  await new Promise<void>(resolve => viewer.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { viewer.close() })
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-background-networking'] })
  t.teardown(() => browser.close())

  // The browser tells pages 200 where it was told 304.
  const statuses: number[] = []
  app.server.on('request', (_request, response) => { response.on('finish', () => { statuses.push(response.statusCode) }) })
  // One page all the time: what its process remembers is asked for under conditions of its own, past the cache of the browser.
  const page = await browser.newPage()
  const failures: string[] = []
  page.on('requestfailed', request => { failures.push(`${request.url()} ${request.failure()?.errorText}`) })
  for (const status of [200, 304, 304]) {
    await page.goto(`http://localhost:${(viewer.address() as AddressInfo).port}`, { waitUntil: 'load' })
    t.strictSame(failures, [])
    t.strictSame(await page.evaluate(() => [...document.images].map(({ naturalWidth }) => naturalWidth)), pictures.map(() => WIDTH), `${status}`)
    t.strictSame(statuses.splice(0), pictures.map(() => status))
  }
})
