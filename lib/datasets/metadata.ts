import { createHash } from 'node:crypto'
import { fail } from '../errors.js'
import { matches } from '../http/etag.js'
import type { Change } from './plan.js'
import { findFile, findFileset, findScan, timeText, type Core } from './core.js'
import { refuseDeep } from './depth.js'
import { excessOf, measure, OverBudget, type DocumentBudget } from './document-budget.js'
import { asProblem, discard, writeSynced } from './disk.js'
import type { Metadata } from './index-entry.js'
import type { Place } from './layout.js'
import { DamagedScan, type Listing } from './listing.js'
import { mergePatch } from './merge-patch.js'
import { objectIn, readScanMetadata } from './read-scan.js'
import type { Actor, Right } from './rights.js'

export interface ReadMetadata { value: Metadata, etag: string }

/** The metadata of scans, filesets and files: each one JSON object. */
export interface MetadataService {
  read: (actor: Actor, place: Place) => Promise<ReadMetadata>
  /** Puts another object in its place. @param ifMatch the entity tags that the caller has seen @throws `precondition_failed` */
  replace: (actor: Actor, place: Place, value: Metadata, ifMatch: string | undefined) => Promise<ReadMetadata>
  /** Sets members as they are given; the others stay. */
  assign: (actor: Actor, place: Place, members: Metadata) => Promise<ReadMetadata>
  /** Changes members (RFC 7396). @throws `precondition_failed` */
  merge: (actor: Actor, place: Place, patch: Metadata, ifMatch: string | undefined) => Promise<ReadMetadata>
  /** Changes what only the service changes, such as the owner. */
  amend: (scan: string, members: Metadata) => Promise<void>
}

const ofFilesets = ['created', 'created_by', 'last_modified']
const ofScans = ['owner', 'sharing', 'visibility', ...ofFilesets]

/** Members that no call for metadata changes. What is said of a file is its uploader's alone. */
const protectedMembers = ({ fileset, file }: Place): readonly string[] => {
  if (fileset === undefined) return ofScans
  return file === undefined ? ofFilesets : []
}

const pick = (value: Metadata, keys: readonly string[]): Metadata =>
  Object.fromEntries(keys.filter(key => Object.hasOwn(value, key)).map(key => [key, value[key]]))

/** The members that a client may say of a place. @throws `invalid_request` */
export const withoutProtected = (value: Metadata, place: Place): Metadata => {
  refuseDeep(value)
  const kept = new Set(protectedMembers(place))
  return Object.fromEntries(Object.entries(value).filter(([key]) => !kept.has(key)))
}

export const etagOf = (value: Metadata): string => `"${createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 27)}"`

const isListed = (listing: Listing, { fileset, file }: Place): boolean => {
  if (fileset === undefined) return true
  const listed = listing.filesets.get(fileset)
  return file === undefined ? listed !== undefined : listed?.files.has(file) === true
}

const concernOf = ({ fileset = '', file }: Place): string => file === undefined ? `@${fileset}` : `${fileset}/${file}`

const keyOf = ({ fileset = '', file }: Place): string => file === undefined ? fileset : `${fileset}/${file}`

/**
 * Metadata as text, as PlantDB writes them; without the indentation where only that would be over the budget.
 * @throws `metadata_too_large`
 */
export function metadataText (value: Metadata, budget: DocumentBudget): string {
  const text = JSON.stringify(value)
  const excess = excessOf(text, budget)
  if (excess !== undefined) return fail('metadata_too_large', { errors: [{ path: '', message: excess }] })
  return Buffer.byteLength(text) + measure(text).indentation > budget.bytes ? text : JSON.stringify(value, null, 4)
}

export function createMetadata (core: Core): MetadataService {
  const { layout, workspace, commits, now, budgets } = core

  const find = async (actor: Actor, right: Right, place: Place): Promise<void> => {
    if (place.fileset === undefined) await findScan(core, actor, right, place.scan)
    else if (place.file === undefined) await findFileset(core, actor, right, place)
    else await findFile(core, actor, right, place)
  }

  const onDisk = (place: Place): Metadata => {
    try {
      if (place.fileset === undefined) return readScanMetadata(layout, place.scan, budgets.metadata)
      return objectIn(layout.root, layout.metadata(place), 'metadata', budgets.metadata) ?? {}
    } catch (error) {
      if (error instanceof OverBudget) return fail('metadata_over_budget', { errors: [{ path: '', message: error.message }] })
      if (error instanceof DamagedScan) return fail('metadata_damaged', { cause: error })
      throw asProblem(error)
    }
  }

  const write = async (place: Place, decide: (present: Metadata) => Metadata, ifMatch?: string): Promise<ReadMetadata> => {
    const temporary = workspace.temporary()
    let value: Metadata = {}
    const change: Change = async (listing, again) => {
      if (!isListed(listing, place)) return fail(place.file === undefined ? 'fileset_not_found' : 'file_not_found')
      const present = onDisk(place)
      const touched = new Map([[keyOf(place), undefined]])
      if (again && etagOf(present) === etagOf(value)) return { touched }
      if (ifMatch !== undefined && !matches(ifMatch, etagOf(present), 'strong')) return fail('precondition_failed')
      value = decide(present)
      await discard(temporary)
      await writeSynced(temporary, metadataText(value, budgets.metadata))
      return { place: [{ temporary, path: layout.metadata(place), replaces: true }], touched }
    }
    try {
      await commits.change(place.scan, [concernOf(place)], change)
      return { value, etag: etagOf(value) }
    } finally {
      await discard(temporary)
    }
  }

  const kept = (place: Place, present: Metadata): Metadata => ({
    ...pick(present, protectedMembers(place)),
    ...(place.file === undefined ? { last_modified: timeText(now()) } : {})
  })

  return {
    read: async (actor, place) => {
      await find(actor, 'read', place)
      const value = onDisk(place)
      return { value, etag: etagOf(value) }
    },
    replace: async (actor, place, value, ifMatch) => {
      await find(actor, 'write', place)
      return await write(place, present => ({ ...withoutProtected(value, place), ...kept(place, present) }), ifMatch)
    },
    assign: async (actor, place, members) => {
      await find(actor, 'write', place)
      return await write(place, present => ({ ...present, ...withoutProtected(members, place), ...kept(place, present) }))
    },
    merge: async (actor, place, patch, ifMatch) => {
      await find(actor, 'write', place)
      return await write(place, present => ({ ...mergePatch(present, withoutProtected(patch, place)) as Metadata, ...kept(place, present) }), ifMatch)
    },
    amend: async (scan, members) => {
      await write({ scan }, present => ({ ...present, ...members, last_modified: timeText(now()) }))
    }
  }
}
