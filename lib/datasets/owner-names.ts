import type { Core } from './core.js'
import { pace } from './pace.js'

/** Whether a scan on the disk names a user as its owner or creator, however the letters are cased. @throws `datasets_indexing` */
export type IsOwnerName = (username: string) => Promise<boolean>

export const createIsOwnerName = ({ index, ready }: Pick<Core, 'index' | 'ready'>): IsOwnerName => async username => {
  ready()
  const name = username.toLowerCase()
  const isIt = (value: string | null): boolean => value?.toLowerCase() === name
  for (const { owner, creator } of await index.all()) {
    if (isIt(owner) || isIt(creator)) return true
    await pace()
  }
  return false
}
