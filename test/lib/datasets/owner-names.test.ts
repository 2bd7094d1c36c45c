import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openDatasets } from '#lib/datasets/service.js'
import { keyNames } from '#lib/redis/names.js'
import { ownPrefix, start } from '../../support/app.js'
import { documentWorker } from '../../support/document-worker.js'
import { budgets, quotas } from '../../support/budgets.js'
import { writeScan } from '../../support/datasets.js'

t.test('nobody gets a name while the folder is still read', async t => {
  const { app } = await start(t)
  const root = await mkdtemp(join(tmpdir(), 'guardcell-owners-'))
  t.teardown(() => rm(root, { recursive: true, force: true }))
  await writeScan(root, 'plant', { owner: 'marie' })
  const datasets = await openDatasets({
    root,
    redis: app.redis,
    names: keyNames(ownPrefix()),
    policy: { guests: 'off', contributors: 'all' },
    people: { groupsExist: async () => true, accountExists: async () => true },
    lease: 15_000,
    largestFile: 1000,
    largestModel: 1000,
    imageMemory: 2 ** 29,
    budgets,
    quotas,
    queryTimeout: 2000,
    queryBytes: 1000,
    documentWorker,
    archive: { entries: 10, bytes: 1000, ratio: 10, ratioFrom: 1000 },
    now: Date.now,
    skew: () => 0,
    log: app.log
  })
  t.teardown(() => datasets.close())
  await t.rejects(datasets.isOwnerName('marie'), { code: 'datasets_indexing' })
  await t.rejects(datasets.isOwnerName('eve'), { code: 'datasets_indexing' })
  datasets.begin()
  await datasets.opened
  t.equal(await datasets.isOwnerName('marie'), true)
  t.equal(await datasets.isOwnerName('eve'), false)
})
