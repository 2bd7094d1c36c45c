import { setTimeout as sleep } from 'node:timers/promises'
import type { Progress, Turnover } from '../keys/turnover.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { everybody } from './everybody.js'

interface Parts {
  redis: RedisClient
  names: KeyNames
  turnover: Turnover
  resealUser: (user: string) => Promise<void>
}

const AT_ONCE = 50
/** Milliseconds, so that a long pass leaves the service to those who call it. */
const PAUSE = 5

/**
 * After a change of the secret: seals anew, user by user, what the former one has sealed, then gives it up. One
 * replica does it at a time; one that dies is followed by another, which goes on where it was.
 */
export const createResealing = ({ redis, names, turnover, resealUser }: Parts) => async (): Promise<void> => {
  const turn = await turnover.turn()
  if (!turn) return
  const users = await everybody(redis, names)
  let { after } = turn
  let rest = users.filter(user => user > after)
  const progress = (): Progress => ({ done: users.length - rest.length, total: users.length, after })
  while (rest.length > 0) {
    const some = rest.slice(0, AT_ONCE)
    for (const user of some) await resealUser(user)
    after = some.at(-1)!
    rest = rest.slice(AT_ONCE)
    if (!await turnover.report(progress())) return
    await sleep(PAUSE)
  }
  await turnover.finish()
}
