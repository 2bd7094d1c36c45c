import type { DocumentWorker } from '../document-worker/document-worker.js'
import { fail } from '../errors.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { createArchives, type Archives } from './archives.js'
import type { Limits } from './archive/directory.js'
import { createCatchingUp } from './catching-up.js'
import { openChangeFeed, type ChangeFeed } from './changes.js'
import { createCommits } from './commits.js'
import { findScan, type Core } from './core.js'
import type { DocumentBudgets } from './document-budget.js'
import { createDoctor, type Doctor } from './doctor.js'
import { createDigests } from './digests.js'
import { createFiles, type Files } from './files.js'
import { createFilesets, type Filesets } from './filesets.js'
import { createImages } from './images.js'
import { createJournal } from './journal.js'
import { layoutOf } from './layout.js'
import { createLeases } from './lease.js'
import type { Fault } from './listing.js'
import { createMetadata, type MetadataService } from './metadata.js'
import { createModels, type Models } from './models.js'
import { isScanId } from './names.js'
import { createIsOwnerName, type IsOwnerName } from './owner-names.js'
import { createPaths, type Paths } from './paths.js'
import { createPictures, type Pictures } from './pictures.js'
import { createQueries } from './queries/engine.js'
import { createQuotas, type QuotaLimits } from './quotas.js'
import { createReplicaId } from './replica.js'
import { createRights, type Actor, type Policy } from './rights.js'
import { ScanIndex } from './scan-index.js'
import { createScans, type People, type Scans } from './scans.js'
import type { AccountUsage } from './schema.js'
import { shared } from './shared-runs.js'
import { startUpkeep, type Log } from './upkeep.js'
import { createViews, type Views } from './views.js'
import { openWorkspace } from './workspace.js'

/** The data sets of a folder. Until the folder is indexed, what needs the index throws `datasets_indexing`. */
export interface Datasets {
  scans: Scans
  filesets: Filesets
  files: Files
  metadata: MetadataService
  pictures: Pictures
  models: Models
  archives: Archives
  paths: Paths
  views: Views
  doctor: Doctor
  isOwnerName: IsOwnerName
  /** Begins to index the folder. To be called once everything else has started: a large folder takes its time. */
  begin: () => void
  /** Fulfilled when the folder is indexed. */
  opened: Promise<void>
  root: string
  budgets: DocumentBudgets
  /** What an account has of what it may have. @throws `datasets_indexing` */
  usageOf: (username: string) => AccountUsage
  documentWorker: DocumentWorker
  isReady: () => boolean
  count: () => number
  /** Reads the whole folder again, and has the other replicas compare theirs. */
  refresh: () => Promise<{ scans: number, faults: Fault[] }>
  /** The same for one scan, which need not be known yet. @throws `scan_not_found` for who may not read it */
  refreshScan: (actor: Actor, scan: string) => Promise<void>
  close: () => Promise<void>
}

export interface DatasetsOptions {
  root: string
  redis: RedisClient
  names: KeyNames
  policy: Policy
  people: People
  /** Milliseconds. */
  lease: number
  largestFile: number
  largestModel: number
  /** Bytes that drawing pictures may take. */
  imageMemory: number
  archive: Limits
  budgets: DocumentBudgets
  quotas: QuotaLimits
  /** How long one query may be worked on, in milliseconds. */
  queryTimeout: number
  /** Bytes of metadata that are read from the disk for one answer. */
  queryBytes: number
  /** Where large documents are worked on. */
  documentWorker: DocumentWorker
  now: () => number
  skew: () => number
  log: Log
}

const RENDERED_AT_ONCE = 2
/** The name under which replicas tell each other to compare everything; no scan can be called so. */
const EVERYTHING = '*'

export async function openDatasets ({ root, redis, names, policy, people, lease, largestFile, largestModel, imageMemory, archive, budgets, quotas: most, queryTimeout, queryBytes, documentWorker, now, skew, log }: DatasetsOptions): Promise<Datasets> {
  const onError = (error: unknown): void => log.warn({ err: error }, 'work on data sets in the background failed')
  const replica = createReplicaId()
  const layout = layoutOf(root)
  const workspace = await openWorkspace({ root, replica, redis, names, onError })
  const index = new ScanIndex(root, budgets, documentWorker)
  const catchingUp = createCatchingUp({ index, onError })
  const readAll = shared(() => index.reconcile(true))
  const journal = createJournal(workspace.journal)
  const feed: ChangeFeed = await openChangeFeed({
    redis,
    key: names.changes,
    replica,
    onChange: ({ scan, touched }) => {
      if (scan === EVERYTHING) {
        readAll().catch(onError)
        return
      }
      index.invalidate(scan, touched)
      catchingUp.soon()
    },
    onGap: () => index.reconcile(),
    onError
  })
  const commits = createCommits({
    layout,
    budget: budgets.listing,
    documentWorker,
    workspace,
    leases: createLeases({ redis, names, replica, lasts: lease, skew }),
    journal,
    feed,
    onCommit: async (...change) => {
      await index.absorb(...change)
      catchingUp.soon()
    }
  })

  const upkeep = startUpkeep({ layout, workspace, index, journal, commits, now, log })
  const queries = createQueries({ timeLimit: queryTimeout })
  const quotas = createQuotas({ index, most })
  const core: Core = {
    layout,
    workspace,
    index,
    commits,
    rights: createRights(policy),
    budgets,
    queries,
    quotas,
    documentWorker,
    now,
    ready: () => { if (!upkeep.isReady()) fail('datasets_indexing', { retryAfter: 2 }) },
    announce: scan => feed.publish({ scan, touched: undefined })
  }

  const metadata = createMetadata(core)
  const files = createFiles(core, { digests: createDigests(), largest: largestFile })
  const models = createModels(core, { files, most: largestModel })
  return {
    scans: createScans(core, { metadata, people }),
    filesets: createFilesets(core),
    files,
    metadata,
    pictures: createPictures(core, { files, images: createImages({ concurrency: RENDERED_AT_ONCE, memory: imageMemory }) }),
    models,
    archives: createArchives(core, { people, limits: archive }),
    paths: createPaths(core, { files, largest: largestFile }),
    views: createViews(core, { most: queryBytes }),
    doctor: createDoctor(core),
    isOwnerName: createIsOwnerName(core),
    begin: upkeep.begin,
    opened: upkeep.opened,
    root,
    budgets,
    usageOf: username => {
      core.ready()
      return quotas.usageOf(username)
    },
    documentWorker,
    isReady: upkeep.isReady,
    count: () => index.size,
    refresh: async () => {
      core.ready()
      await readAll()
      await core.announce(EVERYTHING)
      return { scans: index.size, faults: index.faults() }
    },
    refreshScan: async (actor, scan) => {
      core.ready()
      core.rights.admit(actor)
      // Whoever may not read it has nothing read for them.
      const known = isScanId(scan) ? await index.get(scan) : undefined
      if (known) core.rights.demand(actor, 'read', known)
      if (isScanId(scan)) index.invalidate(scan)
      await findScan(core, actor, 'read', scan)
      await core.announce(scan)
    },
    close: async () => {
      feed.close()
      await catchingUp.close()
      await upkeep.close()
      await models.close()
      await queries.close()
      await workspace.close()
    }
  }
}
