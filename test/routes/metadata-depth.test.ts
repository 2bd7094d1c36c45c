import t from 'tap'
import { startLab } from '../support/datasets.js'

const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`

t.test('metadata that are nested too deeply are refused, however they come, and nothing is left', async t => {
  const { createFiles, call, upload, admin: token } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const send = async (method: string, url: string, text: string) => await call(method, url, { token, body: text, headers: { 'content-type': 'application/json' } })
  for (const depth of [101, 100_000]) {
    for (const method of ['PUT', 'PATCH']) {
      for (const place of ['', '/filesets/images', '/filesets/images/files/leaf']) {
        t.match(await send(method, `/v1/scans/plant${place}/metadata`, nested(depth)), { status: 400, body: { code: 'invalid_request' } }, `${method} ${place} ${depth}`)
      }
    }
    t.match(await send('POST', '/v1/scans', `{"id":"deep","metadata":${nested(depth)}}`), { status: 400, body: { code: 'invalid_request' } })
    t.match(await send('POST', '/v1/scans/plant/filesets', `{"id":"deep","metadata":${nested(depth)}}`), { status: 400, body: { code: 'invalid_request' } })
  }
  t.equal((await upload(`/v1/scans/plant/filesets/images/files?id=deep&metadata=${encodeURIComponent(nested(101))}`, 'x')).status, 400)
  t.equal((await send('PUT', '/v1/scans/plant/metadata', nested(100))).status, 200)
  for (const url of ['/v1/scans/deep', '/v1/scans/plant/filesets/deep', '/v1/scans/plant/filesets/images/files/deep']) t.equal((await call('GET', url, { token })).status, 404)
})
