import { access, constants } from 'node:fs/promises'
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

interface Parts {
  redis: RedisClient
  keys: Keys
  /** The folder that holds the secret; undefined if the secret comes from elsewhere. */
  stateDir: string | undefined
  /** The folder of the data sets, and whether it is indexed. */
  datasets: { root: string, isReady: () => boolean }
}

export const createReadiness = ({ redis, keys, stateDir, datasets }: Parts) => async (): Promise<Readiness> => {
  const parts = {
    redis: await stateOf(() => redis.ping()),
    keys: await stateOf(async () => { if (!await keys.belong().catch(() => true)) throw new Error('the store was emptied') }),
    state: await stateOf(async () => { if (stateDir !== undefined) await access(stateDir, constants.R_OK | constants.W_OK) }),
    datasets: await stateOf(async () => {
      await access(datasets.root, constants.R_OK | constants.W_OK)
      if (!datasets.isReady()) throw new Error('still being indexed')
    })
  }
  return { status: Object.values(parts).every(part => part === 'ok') ? 'ok' : 'failing', ...parts }
}
