import { UsageError } from '../usage-error.js'
import type { Key } from './schema.js'
import type { Keys } from './service.js'

const line = ({ kid, alg, status, created, retires }: Key): string =>
  `${kid}  ${alg.padEnd(5)}  ${status.padEnd(8)}  made ${created}${retires === null ? '' : `, until ${retires}`}\n`

const lines = (keys: readonly Key[]): string => keys.map(line).join('')

const words: Readonly<Record<string, (keys: Keys) => Promise<string>>> = {
  list: async keys => lines(await keys.list()),
  rotate: async keys => `${lines([await keys.rotate()])}It signs after KEY_OVERLAP.\n`
}

/** What `guardcell keys <word>` does. @throws UsageError */
export async function keysCommand (keys: Keys, [word = '', ...more]: string[]): Promise<string> {
  const act = Object.hasOwn(words, word) ? words[word] : undefined
  if (!act || more.length > 0) throw new UsageError()
  return await act(keys)
}
