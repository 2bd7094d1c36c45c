import { appendFile, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Redis } from 'ioredis'
import { ownPrefix, start } from '../../support/app.js'
import { actorNamed } from '../../support/actor.js'
import { startRedis } from '../../support/redis.js'
import { startLab } from '../../support/datasets.js'
import { plain } from './plantdb-folder.js'

const until = async (isSo: () => Promise<boolean>): Promise<boolean> => {
  for (let tries = 0; tries < 1_200; tries++) {
    if (await isSo()) return true
    await sleep(25)
  }
  return false
}

t.test('the index that an earlier run kept is taken where the folder is as it was, and read again where not', async t => {
  const root = t.testdir()
  const snapshot = join(root, '.guardcell/index.jsonl')
  for (const scan of ['same', 'changed', 'gone']) await plain(root, scan)
  const first = await start(t, { DATA_DIR: root })
  const before = (await first.app.datasets.scans.list(actorNamed('x', { admin: true }), { limit: 50, sort: 'id' })).items
  await first.app.close()
  t.match(await readFile(snapshot, 'utf8'), /^guardcell-index-4\n/)

  // Shows whether the content of `same` is from the index or from the folder: only refresh looks at sizes of unchanged scans.
  await writeFile(join(root, 'same/images/a.txt'), 'longer than it was')
  await writeFile(join(root, 'changed/metadata/metadata.json'), '{"object":{"species":"moss"}}')
  await rm(join(root, 'gone'), { recursive: true })
  await plain(root, 'new')
  const admin = actorNamed('x', { admin: true })
  const second = await start(t, { DATA_DIR: root })
  const listed = (await second.app.datasets.scans.list(admin, { limit: 50, sort: 'id' })).items
  t.strictSame(listed.map(({ id }) => id), ['changed', 'new', 'same'])
  t.strictSame(listed.find(({ id }) => id === 'same'), before.find(({ id }) => id === 'same'))
  t.strictSame((await second.app.datasets.scans.list(admin, { limit: 50, sort: 'id', query: '{"object":{"species":"moss"}}' })).items.map(({ id }) => id), ['changed'])
  await second.app.datasets.refresh()
  t.equal((await second.app.datasets.scans.get(admin, 'same')).value.bytes, 'longer than it was'.length + 'the second'.length)
  await second.app.close()

  for (const harm of [(text: string) => text.slice(0, -80), (text: string) => text.replace('"images"', '"imagez"'), () => '', (text: string) => text.replace('index-3', 'index-0'), () => 'guardcell-index-4\n{\tx\n0\n']) {
    await writeFile(snapshot, harm(await readFile(snapshot, 'utf8')))
    const { app } = await start(t, { DATA_DIR: root })
    t.strictSame((await app.datasets.filesets.list(admin, 'same', { limit: 5 })).items.map(({ id }) => id), ['images'], 'a damaged one is not used')
    await app.close()
  }
})

t.test('what one replica writes another one sees, also after changes were missed', async t => {
  const server = await startRedis()
  t.teardown(server.remove)
  const secret = { REDIS_URL: server.url, REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 7).toString('base64')}` }
  const one = await startLab(t, secret)
  const two = await start(t, { ...secret, DATA_DIR: one.root })
  await one.createFiles('plant', { 'a.txt': 'a' })
  const seen = async (url: string) => (await two.call('GET', url, { token: one.admin })).status
  t.ok(await until(async () => await seen('/v1/scans/plant/filesets/images/files/a') === 200))
  await one.upload('/v1/scans/plant/filesets/images/files/a', 'longer', {}, 'PUT')
  t.ok(await until(async () => (await two.call('GET', '/v1/scans/plant', { token: one.admin })).body.bytes === 6))

  // The connection is lost, and what is written meanwhile no longer in the stream.
  const redis = one.app.redis as Redis
  await redis.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
  await sleep(50)
  await until(async () => (await one.upload('/v1/scans/plant/filesets/images/files?id=b', 'b')).status === 201)
  await redis.del(one.app.names.changes)
  await one.send('POST', '/v1/scans', { id: 'other' })
  t.ok(await until(async () => await seen('/v1/scans/plant/filesets/images/files/b') === 200 && await seen('/v1/scans/other') === 200))

  await one.send('DELETE', '/v1/scans/plant')
  t.ok(await until(async () => await seen('/v1/scans/plant') === 404))
  await appendFile(join(one.root, 'other/metadata/metadata.json'), ' ')
  await rm(join(one.root, 'other'), { recursive: true })
  t.equal((await one.send('POST', '/v1/datasets/refresh')).body.scans, 0)
  t.ok(await until(async () => await seen('/v1/scans/other') === 404), 'a refresh reaches the other replicas')
})

t.test('hundreds of scans that nobody looks at are kept packed, and are all there', async t => {
  const { app, send } = await startLab(t, {}, async root => {
    for (let i = 0; i < 300; i++) await plain(root, `scan-${i}`)
  })
  const admin = actorNamed('x', { admin: true })
  for (let i = 0; i < 300; i++) t.equal((await app.datasets.files.list(admin, { scan: `scan-${i}`, fileset: 'images' }, { limit: 5 })).items.length, 2)
  t.equal((await send('GET', '/v1/scans/scan-0/filesets/images/files/a/info')).body.bytes, 'the first'.length)
})
