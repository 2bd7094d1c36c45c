import { fail } from '../errors.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import type { Precondition, Tagged } from '../http/preconditions.js'
import { Permit } from './commit/permit.js'
import { callerOf, findFileset, findScan, findSettled, timeText, type Core } from './core.js'
import { discard, onDisk, writeSynced } from './disk.js'
import { protectedMembers, textOfGiven, type GivenMetadata } from './format/protected-members.js'
import { isFilesetId, NAME } from './names.js'
import { removalOf } from './placement.js'
import { presentFileset, tagFileset } from './present.js'
import { look } from './fs/look.js'
import type { Actor } from './rights.js'
import type { Fileset } from './schema.js'

export interface PageOf { limit: number, cursor?: string | undefined }

const ID = new RegExp(`^${NAME}$`)

const byId = (a: { id: string }, b: { id: string }): number => a.id < b.id ? -1 : 1

/** The first of many, sorted, without sorting all. */
function firstById<T extends { id: string }> (all: Iterable<T>, after: string | undefined, count: number): T[] {
  let found: T[] = []
  let last: string | undefined
  for (const one of all) {
    if ((after !== undefined && one.id <= after) || (last !== undefined && one.id > last)) continue
    if (found.push(one) < 2 * count) continue
    found = found.sort(byId).slice(0, count)
    last = found.at(-1)!.id
  }
  return found.sort(byId).slice(0, count)
}

/** One page of things by id. */
export function pageById<T extends { id: string }> (all: Iterable<T>, { limit, cursor }: PageOf): { items: T[], next: string | null } {
  const after = cursor === undefined ? undefined : fromCursor(cursor, ID)
  const rest = firstById(all, after, limit + 1)
  return { items: rest.slice(0, limit), next: rest.length > limit ? toCursor(rest[limit - 1]!.id) : null }
}

export interface Filesets {
  list: (actor: Actor, scan: string, page: PageOf) => Promise<{ items: Fileset[], next: string | null }>
  /** @throws `fileset_not_found` */
  get: (actor: Actor, scan: string, id: string) => Promise<Tagged<Fileset>>
  /** @throws `fileset_exists` */
  create: (actor: Actor, scan: string, fileset: { id: string, metadata?: GivenMetadata }) => Promise<Fileset>
  /** Removes a fileset with all of its files. @throws `fileset_not_found`, `precondition_failed` */
  remove: (actor: Actor, scan: string, id: string, precondition?: Precondition) => Promise<void>
}

export function createFilesets (core: Core): Filesets {
  const { layout, workspace, commits, index, now, budgets, documentWorker } = core

  const present = async (scan: string, id: string): Promise<Fileset> => {
    await index.get(scan)
    return presentFileset(scan, index.filesets(scan).get(id) ?? fail('fileset_not_found'))
  }

  /** Asks a precondition about a fileset of a scan that nobody else writes to. */
  const ask = async (precondition: Precondition, scan: string, id: string): Promise<void> => {
    await findSettled(core, scan)
    const fileset = index.filesets(scan).get(id)
    precondition(fileset && tagFileset(scan, fileset))
  }

  return {
    list: async (actor, scan, page) => {
      await findScan(core, actor, 'read', scan)
      const { items, next } = pageById(index.filesets(scan).values(), page)
      return { items: items.map(fileset => presentFileset(scan, fileset)), next }
    },

    get: async (actor, scan, id) => tagFileset(scan, await findFileset(core, actor, 'read', { scan, fileset: id })),

    create: async (actor, scan, { id, metadata = {} }) => {
      if (!isFilesetId(id)) return fail('invalid_request', { errors: [{ path: '/id', message: 'is reserved' }] })
      const permit = await Permit.use(core, actor, 'write', scan)
      const temporary = workspace.temporary()
      const time = timeText(now())
      const given = textOfGiven(metadata)
      const added = { created: time, last_modified: time, created_by: actor.fullname }
      const text = await documentWorker.run('composeMetadata', { given, kept: protectedMembers({ scan, fileset: id }), added, budget: budgets.metadata }, given.length, callerOf(actor))
      try {
        await onDisk(() => writeSynced(temporary, text))
        await commits.change(permit, [id, `@${id}`], (listing, again) => {
          const isListed = listing.filesets.has(id)
          if (!again && (isListed || look(layout.fileset(scan, id))?.isFile())) return fail('fileset_exists')
          return {
            ...(isListed ? {} : { list: draft => draft.addFileset(id) }),
            folders: [layout.fileset(scan, id)],
            place: [{ temporary, path: layout.metadata({ scan, fileset: id }), replaces: false }],
            touched: new Map([[id, undefined]])
          }
        })
      } finally {
        await discard(temporary)
      }
      return await present(scan, id)
    },

    remove: async (actor, scan, id, precondition) => {
      await commits.change(await Permit.use(core, actor, 'delete', scan), [id, `@${id}`], async (listing, again) => {
        if (!listing.filesets.has(id)) return again ? { touched: new Map([[id, undefined]]) } : fail('fileset_not_found')
        if (precondition) await ask(precondition, scan, id)
        const paths = [layout.fileset(scan, id), layout.metadata({ scan, fileset: id }), layout.fileMetadata(scan, id)]
        return { list: draft => draft.removeFileset(id), remove: paths.flatMap(path => removalOf(layout.root, path)), touched: new Map([[id, undefined]]) }
      })
    }
  }
}
