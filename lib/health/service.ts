import { access, constants } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Keys } from '../keys/keys.js'
import type { RedisClient } from '../redis/connect.js'
import type { Readiness } from './schema.js'

const stateOf = async (check: () => Promise<unknown>): Promise<'ok' | 'failing'> => {
  try {
    await check()
    return 'ok'
  } catch {
    return 'failing'
  }
}

/** How long a folder may take to answer, in milliseconds. */
const ANSWER_MS = 3_000

/** Looks whether a folder can be used. One that has not answered yet is not asked again: each question keeps a thread. */
function folderCheck (folder: string): () => Promise<void> {
  let asked: Promise<void> | undefined
  return async () => {
    asked ??= access(folder, constants.R_OK | constants.W_OK).finally(() => { asked = undefined })
    const late = new AbortController()
    try {
      await Promise.race([asked, sleep(ANSWER_MS, undefined, { signal: late.signal }).then(() => { throw new Error('no answer') })])
    } finally {
      late.abort()
    }
  }
}

interface Parts {
  redis: RedisClient
  keys: Keys
  /** The folder that holds the secret; undefined if the secret comes from elsewhere. */
  stateDir: string | undefined
  /** The folder of the data sets, and whether it is indexed. */
  datasets: { root: string, isReady: () => boolean }
  /** Whether somebody can sign in to a new installation. */
  hasFirstAdmin: () => boolean
}

export function createReadiness ({ redis, keys, stateDir, datasets, hasFirstAdmin }: Parts): () => Promise<Readiness> {
  const stateAnswers = stateDir === undefined ? async () => {} : folderCheck(stateDir)
  const datasetsAnswer = folderCheck(datasets.root)
  return async () => {
    const parts = {
      redis: await stateOf(() => redis.ping()),
      keys: await stateOf(async () => { if (!await keys.belong().catch(() => true)) throw new Error('the store was emptied') }),
      state: await stateOf(stateAnswers),
      datasets: await stateOf(async () => {
        await datasetsAnswer()
        if (!datasets.isReady()) throw new Error('still being indexed')
      }),
      accounts: await stateOf(async () => { if (!hasFirstAdmin()) throw new Error('the first admin is still being made') })
    }
    return { status: Object.values(parts).every(part => part === 'ok') ? 'ok' : 'failing', ...parts }
  }
}
