import type { Redis } from 'ioredis'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startLab } from '../../support/datasets.js'

t.test('a write that fails when it tells the other replicas', { timeout: 30_000 }, async t => {
  const { app, root, upload, send, createFiles } = await startLab(t, { WRITE_LEASE: '0.5' })
  await createFiles('plant', { 'a.txt': 'the first' })
  const images = '/v1/scans/plant/filesets/images/files'
  const redis = app.redis as Redis
  // Nothing can be added to what is no stream.
  await redis.del(app.names.changes)
  await redis.set(app.names.changes, '')
  t.ok((await upload(`${images}?id=b`, 'the second')).status >= 500)
  await redis.del(app.names.changes)

  const began = performance.now()
  t.equal((await upload(`${images}?id=c`, 'the third')).status, 201, 'the next one is taken')
  t.ok(performance.now() - began < 3000, 'as soon as the lease of the one that failed has lapsed')
  t.equal((await send('GET', `${images}/c`)).body, 'the third')
  const listed = JSON.parse(await readFile(join(root, 'plant/files.json'), 'utf8')).filesets[0].files.map(({ id }: { id: string }) => id)
  const { body } = await send('GET', images)
  t.strictSame(body.items.map(({ id }: { id: string }) => id), listed, 'what is listed is what is served')
})
