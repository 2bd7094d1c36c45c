import { access, constants } from 'node:fs/promises'
import type { Keys } from '../keys/service.js'
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

/** @param stateDir folder that holds the secret; undefined if the secret comes from elsewhere */
export const createReadiness = ({ redis, keys, stateDir }: { redis: RedisClient, keys: Keys, stateDir: string | undefined }) => async (): Promise<Readiness> => {
  const parts = {
    redis: await stateOf(() => redis.ping()),
    keys: await stateOf(async () => { if (!await keys.belong().catch(() => true)) throw new Error('the store was emptied') }),
    state: await stateOf(async () => { if (stateDir !== undefined) await access(stateDir, constants.R_OK | constants.W_OK) })
  }
  return { status: Object.values(parts).every(part => part === 'ok') ? 'ok' : 'failing', ...parts }
}
