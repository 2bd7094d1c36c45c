import t from 'tap'
import { startLab } from '../support/datasets.js'

t.test('a body that is not UTF-8 is refused, not decoded to something else', async t => {
  const { call, admin, createScan, send } = await startLab(t)
  await createScan('plant')
  const before = await send('GET', '/v1/scans/plant/metadata')
  for (const [body, type] of [
    [Buffer.from('{"a":"é"}', 'latin1'), 'application/json; charset=iso-8859-1'],
    [Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]), 'application/json'],
    [Buffer.from('{"a":1}', 'utf16le'), 'application/json']
  ] as const) {
    const { status, body: answer } = await call('PUT', '/v1/scans/plant/metadata', { token: admin, body, headers: { 'content-type': type } })
    t.match({ status, answer }, { status: 400, answer: { code: 'invalid_request' } }, type)
  }
  t.strictSame((await send('GET', '/v1/scans/plant/metadata')).body, before.body)
  t.equal((await call('PUT', '/v1/scans/plant/metadata', { token: admin, body: Buffer.from('\ufeff{"a":"é"}'), headers: { 'content-type': 'application/json' } })).status, 200, 'a byte order mark is none of it')
})

t.test('large documents that are written at the same time are all written', async t => {
  const { send, createScan } = await startLab(t)
  const large = (value: number) => Object.fromEntries(Array.from({ length: 30_000 }, (_, i) => [`k${i}`, value]))
  const ids = ['a', 'b', 'c', 'd']
  for (const id of ids) await createScan(id)
  const writes = await Promise.all(ids.map(async (id, i) => (await send('PUT', `/v1/scans/${id}/metadata`, large(i))).status))
  t.strictSame(writes, [200, 200, 200, 200])
  for (const [i, id] of ids.entries()) t.equal((await send('GET', `/v1/scans/${id}/metadata`)).body.k29999, i)
})
