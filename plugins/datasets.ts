import fp from 'fastify-plugin'
import { join } from 'node:path'
import type { AppOptions } from '#lib/app-options.js'
import { openDatasets, type Datasets } from '#lib/datasets/service.js'

declare module 'fastify' {
  interface FastifyInstance { datasets: Datasets }
}

const RATIO_FROM = 100 * 2 ** 20

export default fp<AppOptions>(async (app, { config, now, skew }) => {
  const { redis, names, groups, accountStore } = app
  const root = config.DATA_DIR ?? join(config.STATE_DIR, 'datasets')
  const datasets = await app.step('Opening the folder of the data sets', 'see whether DATA_DIR and Redis answer', () => openDatasets({
    root,
    redis,
    names,
    policy: { guests: config.GUEST_ACCESS, contributors: config.CONTRIBUTORS_WRITE },
    people: { groupsExist: groups.exists, accountExists: async username => await accountStore.byUsername(username) !== undefined },
    lease: config.WRITE_LEASE * 1000,
    largestFile: config.FILE_MAX_BYTES,
    largestModel: config.MODEL_MAX_BYTES,
    imageMemory: config.IMAGE_MAX_MEMORY,
    archive: { entries: config.ARCHIVE_MAX_ENTRIES, bytes: config.ARCHIVE_MAX_BYTES, ratio: config.ARCHIVE_MAX_RATIO, ratioFrom: RATIO_FROM },
    budgets: {
      metadata: { bytes: config.METADATA_MAX_BYTES, values: config.METADATA_MAX_VALUES, settings: 'METADATA' },
      listing: { bytes: config.FILES_JSON_MAX_BYTES, values: config.FILES_JSON_MAX_VALUES, settings: 'FILES_JSON' }
    },
    quotas: { scans: config.ACCOUNT_MAX_SCANS, metadata: config.ACCOUNT_MAX_METADATA, uploads: config.ACCOUNT_MAX_UPLOADS },
    queryTimeout: config.QUERY_TIMEOUT * 1000,
    queryBytes: config.QUERY_MAX_BYTES,
    documentWorker: app.documentWorker,
    now,
    skew,
    log: app.log
  }))
  app.decorate('datasets', datasets)
  app.addHook('onReady', async () => { datasets.begin() })
  app.addHook('onClose', async () => { await datasets.close() })
}, { name: 'datasets', dependencies: ['redis', 'accounts', 'groups', 'document-worker'] })
