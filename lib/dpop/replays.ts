import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { NEWEST, OLDEST } from './proof.js'

/** As long as a proof may be good, and as far again as the clocks of two replicas may be apart. */
const REMEMBERED_MS = 2 * (OLDEST + NEWEST) * 1000

/** Remembers which proofs were used, for all replicas: one call to Redis. */
export const createReplays = ({ redis, names }: { redis: RedisClient, names: KeyNames }) =>
  async (name: string, ms = REMEMBERED_MS): Promise<boolean> => await redis.set(names.proof(name), '', 'PX', ms, 'NX') === 'OK'
