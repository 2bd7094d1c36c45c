import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { visibilities } from '#lib/datasets/index-entry.js'
import { ScanIndex } from '#lib/datasets/scan-index.js'
import { readSnapshot, writeSnapshot } from '#lib/datasets/snapshot.js'
import { start } from '../../support/app.js'
import { documentWorker } from '../../support/document-worker.js'
import { budgets } from '../../support/budgets.js'
import { startLab, writeScan } from '../../support/datasets.js'
import { plain } from './plantdb-folder.js'

const scans = ['a', 'b', 'c', 'd']
const owners = ['ada', 'eve', null]
const changes = fc.array(fc.record({
  what: fc.constantFrom('write', 'spoil', 'remove', 'files', 'invalidate', 'get', 'reconcile', 'restart'),
  scan: fc.constantFrom(...scans),
  owner: fc.constantFrom(...owners),
  visibility: fc.constantFrom(...visibilities),
  length: fc.nat(5000)
}), { minLength: 20, maxLength: 60 })

/** Gives up after a while. */
async function waitWhile (isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 800 && await isSo(); tries++) await new Promise(resolve => setTimeout(resolve, 25))
}

t.test('the counts of the index are those of a walk over all scans, whatever happened before', async t => {
  const parent = t.testdir()
  let run = 0
  await fc.assert(fc.asyncProperty(changes, async changes => {
    const root = join(parent, String(run++))
    await mkdir(root)
    let index = new ScanIndex(root, budgets, documentWorker)
    for (const { what, scan, owner, visibility, length } of changes) {
      if (what === 'write') await writeScan(root, scan, { ...(owner === null ? {} : { owner }), visibility, text: 'x'.repeat(length) })
      if (what === 'files') await rm(join(root, scan), { recursive: true, force: true }).then(() => plain(root, scan))
      if (what === 'spoil') await mkdir(join(root, scan, 'metadata'), { recursive: true }).then(() => writeFile(join(root, scan, 'files.json'), '{'))
      if (what === 'remove') await rm(join(root, scan), { recursive: true, force: true })
      if (what === 'invalidate') index.invalidate(scan)
      if (what === 'get') await index.get(scan)
      if (what === 'reconcile') await index.reconcile(length % 2 === 0)
      if (what === 'restart') {
        await writeSnapshot(join(parent, 'snapshot'), join(parent, 'new'), index.kept())
        index = new ScanIndex(root, budgets, documentWorker)
        await index.load(await readSnapshot(join(parent, 'snapshot')), () => {})
      }
    }
    const all = await index.all()
    for (const owner of owners) {
      const own = all.filter(scan => scan.owner === owner)
      const walked = { scans: own.length, metadata: own.reduce((sum, { metadataBytes }) => sum + metadataBytes, 0) }
      if (JSON.stringify(index.tally.of(owner)) !== JSON.stringify(walked)) throw new Error(`${owner}: ${JSON.stringify(index.tally.of(owner))} for ${JSON.stringify(walked)}`)
    }
    for (const visibility of visibilities) if (index.tally.seen(visibility) !== all.filter(scan => scan.visibility === visibility).length) throw new Error(visibility)
  }), { numRuns: 40 })
  t.pass()
})

t.test('what another replica writes is counted although nobody asks for it, and what an earlier run kept as well', async t => {
  const secret = { JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 7).toString('base64')}`, REDIS_PREFIX: `tally-${process.pid}:`, GUEST_ACCESS: 'public', ACCOUNT_MAX_SCANS: '3' }
  const one = await startLab(t, secret)
  const two = await start(t, { ...secret, DATA_DIR: one.root })
  const usage = async () => (await two.call('GET', '/v1/users/me/usage', { token: one.admin })).body
  for (const id of ['a', 'b', 'c']) await one.createScan(id, { visibility: 'public', metadata: { text: 'x'.repeat(1000) } })
  await waitWhile(async () => (await usage()).scans.used < 3)
  t.strictSame(await usage(), (await one.send('GET', '/v1/users/me/usage')).body)
  t.equal((await two.call('GET', '/health')).body.database.scan_count, 3)
  t.match(await two.call('POST', '/v1/scans', { token: one.admin, body: { id: 'd' } }), { status: 507 })
  await one.send('PATCH', '/v1/scans/a/metadata', { more: 'x'.repeat(1000) })
  const { metadata } = (await one.send('GET', '/v1/users/me/usage')).body
  await waitWhile(async () => (await usage()).metadata.used < metadata.used)
  await two.app.close()
  const three = await start(t, { ...secret, DATA_DIR: one.root })
  t.strictSame((await three.call('GET', '/v1/users/me/usage', { token: one.admin })).body.metadata, metadata)
})

t.test('how many scans guests may read is told without a look at any', async t => {
  for (const [access, count] of [['off', 0], ['public', 1], ['read', 2]] as const) {
    const { app, call, send, createScan } = await startLab(t, { GUEST_ACCESS: access })
    for (const visibility of visibilities) await createScan(visibility, { visibility })
    const asked: string[] = []
    for (const name of ['all', 'one'] as const) app.datasets.views[name] = async () => { asked.push(name); throw new Error('looked') }
    t.equal((await call('GET', '/health')).body.database.scan_count, count, access)
    await send('PUT', '/v1/scans/shared/sharing', { groups: [], visibility: 'private' })
    t.equal((await call('GET', '/health')).body.database.scan_count, Math.min(count, 1))
    await send('DELETE', '/v1/scans/public')
    t.equal((await call('GET', '/health')).body.database.scan_count, 0)
    t.strictSame(asked, [])
  }
})
