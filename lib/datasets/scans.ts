import type { Static } from '@sinclair/typebox'
import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { fail } from '../errors.js'
import { fromCursor, toCursor } from '../http/cursor.js'
import type { Precondition, Tagged } from '../http/preconditions.js'
import { Permit } from './commit/permit.js'
import { callerOf, findScan, findSettled, timeText, type Core } from './core.js'
import { discard, onDisk, syncFolder, writeSynced } from './disk.js'
import type { Visibility } from './index-entry.js'
import { EMPTY_LISTING } from './listing.js'
import { protectedMembers, textOfGiven, type GivenMetadata } from './format/protected-members.js'
import type { MetadataService } from './metadata.js'
import { isScanId } from './names.js'
import { presentScan, tagScan } from './present.js'
import { PLACE, search, type Search } from './query.js'
import { look } from './fs/look.js'
import type { Actor } from './rights.js'
import type { Scan, ScanList } from './schema.js'
import { shareableGroups, type KnownGroups } from './sharing.js'

export interface NewScan { id: string, metadata?: GivenMetadata, sharing?: string[], visibility?: Visibility }

export interface Scans {
  /** Those that the actor may read. */
  list: (actor: Actor, what: Search) => Promise<Static<typeof ScanList>>
  /** @throws `scan_not_found` */
  get: (actor: Actor, id: string) => Promise<Tagged<Scan>>
  /** @throws `scan_exists`, `group_unknown`, `quota_exceeded` */
  create: (actor: Actor, scan: NewScan) => Promise<Scan>
  /** @throws `not_permitted`, `precondition_failed` */
  remove: (actor: Actor, id: string, precondition?: Precondition) => Promise<void>
  /** Gives a scan to another account. @throws `owner_unknown`, `precondition_failed`, `quota_exceeded` if the other one has no room for it */
  setOwner: (actor: Actor, id: string, owner: string, precondition?: Precondition) => Promise<Tagged<Scan>>
  /** @throws `group_unknown`, `precondition_failed` */
  share: (actor: Actor, id: string, sharing: { groups: string[], visibility: Visibility }, precondition?: Precondition) => Promise<Tagged<Scan>>
}

/** What scans need to know of accounts and groups. */
export interface People extends KnownGroups {
  accountExists: (username: string) => Promise<boolean>
}

/**
 * Gives a finished folder its place among the scans.
 * @throws `scan_exists`
 */
export async function adoptScan ({ commits, layout, index, announce }: Core, permit: Permit, folder: string): Promise<void> {
  const id = permit.scan
  await onDisk(() => commits.alone(permit, async () => {
    // An empty folder would be replaced without a word.
    if (look(layout.scan(id))) fail('scan_exists')
    await rename(folder, layout.scan(id))
    await syncFolder(layout.root)
  }))
  index.invalidate(id)
  await announce(id)
}

export function createScans (core: Core, { metadata, people }: { metadata: MetadataService, people: People }): Scans {
  const { layout, workspace, commits, index, rights, now, budgets, quotas, documentWorker } = core

  /** @throws `group_unknown` */
  const demandGroups = async (actor: Actor, names: string[]): Promise<void> => {
    if ((await shareableGroups(people, actor, names)).length < names.length) fail('group_unknown')
  }

  const present = async (id: string): Promise<Scan> => presentScan(await index.get(id) ?? fail('scan_not_found'))

  const tagged = async (id: string): Promise<Tagged<Scan>> => tagScan(await index.get(id) ?? fail('scan_not_found'))

  /** Asks a precondition about a scan that nobody else writes to. */
  const asking = (id: string, precondition: Precondition | undefined) => async (): Promise<void> => {
    if (precondition) precondition(tagScan(await findSettled(core, id)))
  }

  /** A scan's folder with nothing in it but its metadata. */
  const build = async (folder: string, metadata: string): Promise<void> => {
    await mkdir(join(folder, 'metadata'), { recursive: true })
    await writeSynced(join(folder, 'metadata', 'metadata.json'), metadata)
    await writeSynced(join(folder, 'files.json'), EMPTY_LISTING)
    for (const path of [join(folder, 'metadata'), folder]) await syncFolder(path)
  }

  return {
    list: async (actor, what) => {
      core.ready()
      rights.admit(actor)
      const place = what.cursor === undefined ? undefined : fromCursor(what.cursor, PLACE)
      const { items, next, leftOut } = await search(await index.all(), { queries: core.queries, username: actor.username, visible: scan => rights.may(actor, 'read', scan) }, what, place)
      return { items: items.map(presentScan), next: next === null ? null : toCursor(next), ...(leftOut.length > 0 ? { left_out: leftOut } : {}) }
    },

    get: async (actor, id) => tagScan(await findScan(core, actor, 'read', id)),

    create: async (actor, { id, metadata: given = {}, sharing = [], visibility }) => {
      core.ready()
      const permit = Permit.creation(core, actor, id)
      if (!isScanId(id)) return fail('invalid_request', { errors: [{ path: '/id', message: 'is reserved' }] })
      await demandGroups(actor, sharing)
      if (look(layout.scan(id))) return fail('scan_exists')
      const time = timeText(now())
      const sent = textOfGiven(given)
      const folder = workspace.temporary()
      const room = quotas.roomFor(actor, actor.username, id)
      try {
        room.take({ scans: 1 })
        const added = {
          owner: actor.username,
          created: time,
          last_modified: time,
          created_by: actor.fullname,
          ...(sharing.length > 0 ? { sharing } : {}),
          ...(visibility === undefined ? {} : { visibility })
        }
        const text = await documentWorker.run('composeMetadata', { given: sent, kept: protectedMembers({ scan: id }), added, budget: budgets.metadata }, sent.length, callerOf(actor))
        room.take({ metadata: Buffer.byteLength(text) })
        await onDisk(() => build(folder, text))
        await adoptScan(core, permit, folder)
      } finally {
        room.done()
        await discard(folder)
      }
      return await present(id)
    },

    remove: async (actor, id, precondition) => {
      const permit = await Permit.use(core, actor, 'delete', id)
      const trash = workspace.temporary()
      await onDisk(() => commits.alone(permit, async () => {
        if (!look(layout.scan(id))) return fail('scan_not_found')
        await asking(id, precondition)()
        await rename(layout.scan(id), trash)
        await syncFolder(layout.root)
      }))
      index.remove(id)
      await core.announce(id)
      await discard(trash)
    },

    setOwner: async (actor, id, owner, precondition) => {
      const permit = await Permit.use(core, actor, 'own', id)
      if (!await people.accountExists(owner.toLowerCase())) return fail('owner_unknown')
      await metadata.amend(actor, permit, { owner: owner.toLowerCase() }, asking(id, precondition))
      return await tagged(id)
    },

    share: async (actor, id, { groups, visibility }, precondition) => {
      const permit = await Permit.use(core, actor, 'own', id)
      // Those that an admin has shared it with may stay, whoever the owner is.
      const before = (await findScan(core, actor, 'own', id)).groups
      await demandGroups(actor, groups.filter(group => !before.includes(group)))
      await metadata.amend(actor, permit, { sharing: groups, visibility }, asking(id, precondition))
      return await tagged(id)
    }
  }
}
