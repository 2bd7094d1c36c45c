import { randomBytes } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../boot/make-folder.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { discard } from './disk.js'
import { OWN_FOLDER } from './layout.js'
import { isGone } from './replica.js'

/** The folder in which a replica makes things before they are moved to where they belong. */
export interface Workspace {
  /** Where files are kept that belong to no scan, for somebody to look at. */
  lost: string
  journal: string
  snapshot: string
  /** A path that nothing has, on the file system of the data sets. */
  temporary: () => string
  /** Removes what replicas that are gone have left. */
  sweep: () => Promise<void>
  close: () => Promise<void>
}

interface Parts { root: string, replica: string, redis: RedisClient, names: KeyNames, onError: (error: unknown) => void }

/** How often a replica says that it is there, and for how long it is believed. */
const BEAT_MS = 10_000
const BELIEVED_MS = 30_000

/** Makes the folders that are needed, and says in Redis that this replica is there until it is closed. */
export async function openWorkspace ({ root, replica, redis, names, onError }: Parts): Promise<Workspace> {
  const own = join(root, OWN_FOLDER)
  const replicas = join(own, 'tmp')
  const mine = join(replicas, replica)
  const journal = join(own, 'journal')
  await redis.set(names.replica(replica), '1', 'PX', BELIEVED_MS)
  for (const folder of [mine, journal]) await makeFolder(folder)

  // A Redis that was emptied hears from every living replica again before it is asked the second time.
  let silent = new Set<string>()
  const sweep = async (): Promise<void> => {
    const silentNow = new Set<string>()
    for (const other of await readdir(replicas)) {
      const gone = other === replica ? false : isGone(other)
      if (gone === undefined && await redis.exists(names.replica(other)) === 0) silentNow.add(other)
      if (gone ?? (silentNow.has(other) && silent.has(other))) await discard(join(replicas, other))
    }
    silent = silentNow
  }
  const beat = async (): Promise<void> => {
    await redis.set(names.replica(replica), '1', 'PX', BELIEVED_MS)
    await sweep()
  }
  const timer = setInterval(() => { beat().catch(onError) }, BEAT_MS).unref()

  return {
    lost: join(own, 'lost+found'),
    journal,
    snapshot: join(own, 'index.jsonl'),
    temporary: () => join(mine, randomBytes(9).toString('hex')),
    sweep,
    close: async () => {
      clearInterval(timer)
      await discard(mine)
      await redis.del(names.replica(replica)).catch(() => {})
    }
  }
}
