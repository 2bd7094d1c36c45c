import type { Place } from '../datasets/layout.js'
import type { Actor } from '../datasets/rights.js'
import type { Datasets } from '../datasets/service.js'
import { fail } from '../errors.js'
import { isYes } from './words.js'

export interface ListQuery { query?: string | undefined, fuzzy?: string | undefined }

/** Ids of filesets and files, in the order of `files.json`. */
export interface Listings {
  filesets: (actor: Actor, scan: string, query: ListQuery) => Promise<{ filesets: string[] }>
  /** @throws `fileset_not_found` */
  files: (actor: Actor, place: { scan: string, fileset: string }, query: ListQuery) => Promise<{ files: string[] }>
}

export const createListings = ({ views }: Pick<Datasets, 'views'>): Listings => {
  const fitting = async (actor: Actor, { query, fuzzy }: ListQuery, ids: string[], placeOf: (id: string) => Place): Promise<string[]> =>
    query === undefined || query === '' ? ids : await views.fitting(actor, { query, fuzzy: isYes(fuzzy) }, ids, placeOf)

  return {
    filesets: async (actor, scan, query) => {
      const view = await views.one(actor, scan)
      return { filesets: await fitting(actor, query, [...view.filesets.keys()], fileset => ({ scan, fileset })) }
    },
    files: async (actor, { scan, fileset }, query) => {
      const view = await views.one(actor, scan)
      const { files } = view.filesets.get(fileset) ?? fail('fileset_not_found')
      return { files: await fitting(actor, query, [...files.keys()], file => ({ scan, fileset, file })) }
    }
  }
}
