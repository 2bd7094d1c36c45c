import { access, constants } from 'node:fs/promises'
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
export const createReadiness = ({ redis, stateDir }: { redis: RedisClient, stateDir: string | undefined }) => async (): Promise<Readiness> => {
  const parts = {
    redis: await stateOf(() => redis.ping()),
    state: await stateOf(async () => { if (stateDir !== undefined) await access(stateDir, constants.R_OK | constants.W_OK) })
  }
  return { status: Object.values(parts).every(part => part === 'ok') ? 'ok' : 'failing', ...parts }
}
