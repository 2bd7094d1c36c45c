import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../errors.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import { callerOf, findScan, timeText, type Core } from './core.js'
import { discard, onDisk, syncFolder, writeSynced } from './disk.js'
import type { Metadata, Visibility } from './index-entry.js'
import { EMPTY_LISTING } from './listing.js'
import { metadataText, withoutProtected, type MetadataService } from './metadata.js'
import { isScanId } from './names.js'
import { presentScan } from './present.js'
import { PLACE, search, type Search } from './query.js'
import { look } from './read-scan.js'
import type { Actor } from './rights.js'
import type { Scan } from './schema.js'

export interface NewScan { id: string, metadata?: Metadata, sharing?: string[], visibility?: Visibility }

export interface Scans {
  /** Those that the actor may read. */
  list: (actor: Actor, what: Search) => Promise<{ items: Scan[], next: string | null }>
  /** @throws `scan_not_found` */
  get: (actor: Actor, id: string) => Promise<Scan>
  /** @throws `scan_exists`, `group_unknown` */
  create: (actor: Actor, scan: NewScan) => Promise<Scan>
  /** @throws `not_permitted` */
  remove: (actor: Actor, id: string) => Promise<void>
  /** Gives a scan to another account. @throws `owner_unknown` */
  setOwner: (actor: Actor, id: string, owner: string) => Promise<Scan>
  /** @throws `group_unknown` */
  share: (actor: Actor, id: string, sharing: { groups: string[], visibility: Visibility }) => Promise<Scan>
}

/** What scans need to know of accounts and groups. */
export interface People {
  groupsExist: (names: string[]) => Promise<boolean>
  accountExists: (username: string) => Promise<boolean>
}

/**
 * Gives a finished folder its place among the scans.
 * @throws `scan_exists`
 */
export async function adoptScan ({ commits, layout, index, announce }: Core, id: string, folder: string): Promise<void> {
  await onDisk(() => commits.alone(id, async () => {
    // An empty folder would be replaced without a word.
    if (look(layout.scan(id))) fail('scan_exists')
    await rename(folder, layout.scan(id))
    await syncFolder(layout.root)
  }))
  index.invalidate(id)
  await announce(id)
}

export function createScans (core: Core, { metadata, people }: { metadata: MetadataService, people: People }): Scans {
  const { layout, workspace, commits, index, rights, now } = core

  const knownGroups = async (names: string[]): Promise<void> => {
    if (names.length > 0 && !await people.groupsExist(names)) fail('group_unknown')
  }

  const present = async (id: string): Promise<Scan> => presentScan(await index.get(id) ?? fail('scan_not_found'))

  /** A scan's folder with nothing in it but its metadata. */
  const build = async (folder: string, value: Metadata): Promise<void> => {
    await mkdir(join(folder, 'metadata'), { recursive: true })
    await writeSynced(join(folder, 'metadata', 'metadata.json'), metadataText(value))
    await writeSynced(join(folder, 'files.json'), EMPTY_LISTING)
    for (const path of [join(folder, 'metadata'), folder]) await syncFolder(path)
  }

  return {
    list: async (actor, what) => {
      core.ready()
      rights.admit(actor)
      const place = what.cursor === undefined ? undefined : fromCursor(what.cursor, PLACE)
      const { items, next } = await search(await index.all(), { queries: core.queries, caller: callerOf(actor), visible: scan => rights.may(actor, 'read', scan) }, what, place)
      return { items: items.map(presentScan), next: next === null ? null : toCursor(next) }
    },

    get: async (actor, id) => presentScan(await findScan(core, actor, 'read', id)),

    create: async (actor, { id, metadata: given = {}, sharing = [], visibility }) => {
      core.ready()
      rights.demandCreation(actor, id)
      if (!isScanId(id)) return fail('invalid_request', { errors: [{ path: '/id', message: 'is reserved' }] })
      await knownGroups(sharing)
      if (look(layout.scan(id))) return fail('scan_exists')
      const time = timeText(now())
      const folder = workspace.temporary()
      try {
        await onDisk(() => build(folder, {
          ...withoutProtected(given, { scan: id }),
          owner: actor.username,
          created: time,
          last_modified: time,
          created_by: actor.fullname,
          ...(sharing.length > 0 ? { sharing } : {}),
          ...(visibility === undefined ? {} : { visibility })
        }))
        await adoptScan(core, id, folder)
      } finally {
        await discard(folder)
      }
      return await present(id)
    },

    remove: async (actor, id) => {
      await findScan(core, actor, 'delete', id)
      const trash = workspace.temporary()
      await onDisk(() => commits.alone(id, async () => {
        if (!look(layout.scan(id))) return fail('scan_not_found')
        await rename(layout.scan(id), trash)
        await syncFolder(layout.root)
      }))
      index.remove(id)
      await core.announce(id)
      await discard(trash)
    },

    setOwner: async (actor, id, owner) => {
      await findScan(core, actor, 'own', id)
      if (!await people.accountExists(owner.toLowerCase())) return fail('owner_unknown')
      await metadata.amend(id, { owner: owner.toLowerCase() })
      return await present(id)
    },

    share: async (actor, id, { groups, visibility }) => {
      await findScan(core, actor, 'own', id)
      await knownGroups(groups)
      await metadata.amend(id, { sharing: groups, visibility })
      return await present(id)
    }
  }
}
