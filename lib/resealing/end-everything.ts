import type { ApiTokens } from '../api-tokens/service.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import type { Sessions } from '../sessions/service.js'
import { everybody } from './everybody.js'

interface Parts { redis: RedisClient, names: KeyNames, sessions: Pick<Sessions, 'end'>, apiTokens: Pick<ApiTokens, 'revokeAll'> }

const reason = 'keys_reset'

/** Ends all sessions and API tokens there are, whose keys are gone. @returns of how many accounts */
export const createEndEverything = ({ redis, names, sessions, apiTokens }: Parts) => async (): Promise<number> => {
  const users = await everybody(redis, names)
  for (const user of users) {
    await sessions.end({ user, which: 'all', session: '', reason })
    await apiTokens.revokeAll(user, reason)
  }
  return users.length
}
