import t from 'tap'
import { startLab } from '../support/datasets.js'

t.test('who may write metadata and not read them is not shown them by writing', async t => {
  const { call, send, join, createFiles } = await startLab(t)
  await createFiles('plant', { 'a.txt': 'a leaf' })
  const places = ['/v1/scans/plant', '/v1/scans/plant/filesets/images', '/v1/scans/plant/filesets/images/files/a']
  for (const place of places) await send('PATCH', `${place}/metadata`, { secret: 'of the owner' })
  const user = await join('eve')
  const { body: { token } } = await call('POST', '/v1/api-tokens', { token: user, body: { name: 'camera', datasets: { '*': ['write'] }, expires_in: 3600 } })

  for (const place of places) {
    for (const method of ['PATCH', 'PUT']) {
      const { status, headers, body } = await call(method, `${place}/metadata`, { token, body: {} })
      t.match({ status, body }, { status: 204, body: '' }, `${method} ${place}`)
      t.equal(headers.etag, undefined, 'the hash of what is not shown')
    }
    t.equal((await call('GET', `${place}/metadata`, { token })).status, 403)
  }
  await send('PATCH', '/v1/scans/plant/metadata', { secret: 'of the owner' })
  for (const place of ['/scan/plant', '/api/scan/plant', '/fileset/plant/images', '/file/plant/images/a']) {
    const { status, headers, body } = await call('POST', `${place}/metadata`, { token, body: { metadata: { said: 'again' } } })
    t.match({ status, body }, { status: 200, body: { metadata: {} } }, place)
    t.strictSame(body, { metadata: {} })
    t.equal(headers.etag, undefined)
  }
  t.match((await send('GET', '/v1/scans/plant/metadata')).body, { secret: 'of the owner', said: 'again' })
  t.match((await call('PATCH', '/v1/scans/plant/metadata', { token: user, body: {} })).body, { said: 'again' }, 'who may read is answered')
})
