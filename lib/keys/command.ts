import { UsageError } from '../usage-error.js'
import type { Key } from './schema.js'
import type { Keys } from './keys.js'
import type { KeyStatus } from './status.js'

const line = ({ kid, alg, status, created, retires }: Key): string =>
  `${kid}  ${alg.padEnd(5)}  ${status.padEnd(8)}  made ${created}${retires === null ? '' : `, until ${retires}`}\n`

const lines = (keys: readonly Key[]): string => keys.map(line).join('')

const statusText = ({ secret, keys, replicas, obstacle }: KeyStatus): string => `${lines(keys)}
The secret in use is ${secret}.
Other processes that run on it: ${replicas}.
${obstacle === null ? 'JWT_SECRET_KEY_PREVIOUS can go: nothing needs it.' : `JWT_SECRET_KEY_PREVIOUS cannot go yet: ${obstacle}.`}
`

/** What the command needs of the service. */
interface Parts {
  keys: Keys
  /** Ends all that was signed with keys that are gone. @returns of how many accounts */
  endEverything: () => Promise<number>
}

const words: Readonly<Record<string, (parts: Parts, kid: string) => Promise<string>>> = {
  list: async ({ keys }) => lines(await keys.list()),
  rotate: async ({ keys }) => `${lines([await keys.rotate()])}It signs after KEY_OVERLAP.\n`,
  remove: async ({ keys }, kid) => {
    await keys.remove(kid)
    return `The key ${kid} is gone, and all tokens that it signed are good for nothing.\n`
  },
  status: async ({ keys }) => statusText(await keys.status()),
  reset: async ({ endEverything }) => `The keys are new. Sessions and API tokens of ${await endEverything()} accounts have ended.
Passwords stay. E-mail addresses have to be entered again, and where sessions were opened cannot be read any more.\n`
}

/** Whether a start over is asked for, which has to be done before the service can be put together. @throws UsageError unless it is confirmed */
export function asksForReset ([word, ...more]: string[]): boolean {
  if (word !== 'reset') return false
  if (more.join() !== '--yes') throw new UsageError()
  return true
}

/** How many words follow; what follows `reset` was looked at before. */
const following: Readonly<Record<string, number>> = { remove: 1, reset: 1 }

/** What `guardcell keys <word>` does. @throws UsageError */
export async function keysCommand (parts: Parts, [word = '', ...more]: string[]): Promise<string> {
  const act = Object.hasOwn(words, word) ? words[word] : undefined
  if (!act || more.length !== (following[word] ?? 0)) throw new UsageError()
  return await act(parts, more[0] ?? '')
}
