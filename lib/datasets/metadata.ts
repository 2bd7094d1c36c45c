import { fail } from '../errors.js'
import { etagOf } from '../http/etag.js'
import type { Precondition, Tagged, Validators } from '../http/preconditions.js'
import { parseExact, stringify } from '../json/exact.js'
import { strictJson } from '../json/read.js'
import { rewriteJson } from '../json/rewrite.js'
import type { Change } from './plan.js'
import { Permit } from './commit/permit.js'
import { findPlace, timeText, type Core } from './core.js'
import { refuseDeep } from './depth.js'
import { excessOf, measure, OverBudget, type DocumentBudget } from './document-budget.js'
import { asProblem, discard, writeSynced } from './disk.js'
import type { Metadata } from './index-entry.js'
import type { Place } from './layout.js'
import { DamagedScan, type Listing } from './listing.js'
import { mergePatch } from './merge-patch.js'
import { documentIn, look, NOTHING, readScanDocument } from './read-scan.js'
import type { Actor } from './rights.js'

/** Metadata as the text of a JSON object, as `strictJson` has it, so that every digit arrives. */
export type ReadMetadata = Tagged<string>

/** What a write has made of metadata; null where its actor may write them, but not read. */
export type Written = ReadMetadata | null

/** @property precondition throws to refuse it @property keepsShown whether what says the same as was read stays as it was written */
interface Writing { precondition?: ((present: Validators) => unknown) | undefined, keepsShown?: boolean }

/**
 * The metadata of scans, filesets and files: each one JSON object. Whatever changes them may hold `RawJson`; what it
 * does not touch keeps its text on the disk, whoever wrote it.
 */
export interface MetadataService {
  read: (actor: Actor, place: Place) => Promise<ReadMetadata>
  /** Puts another object in its place; what says the same as was read stays as it was written. @throws `precondition_failed` */
  replace: (actor: Actor, place: Place, value: Metadata, precondition: Precondition | undefined) => Promise<Written>
  /** Sets members as they are given; the others stay. @throws `precondition_failed` */
  assign: (actor: Actor, place: Place, members: Metadata, precondition?: Precondition) => Promise<Written>
  /** Changes members (RFC 7396). @throws `precondition_failed` */
  merge: (actor: Actor, place: Place, patch: Metadata, precondition: Precondition | undefined) => Promise<Written>
  /** Changes what only the service changes, such as the owner. @param precondition throws to refuse it */
  amend: (permit: Permit, members: Metadata, precondition?: () => Promise<void>) => Promise<void>
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

const isListed = (listing: Listing, { fileset, file }: Place): boolean => {
  if (fileset === undefined) return true
  const listed = listing.filesets.get(fileset)
  return file === undefined ? listed !== undefined : listed?.files.has(file) === true
}

const concernOf = ({ fileset = '', file }: Place): string => file === undefined ? `@${fileset}` : `${fileset}/${file}`

const keyOf = ({ fileset = '', file }: Place): string => file === undefined ? fileset : `${fileset}/${file}`

/**
 * New metadata as text, as PlantDB writes them; without the indentation where only that would be over the budget.
 * @param value may hold `RawJson`
 * @throws `metadata_too_large`
 */
export function metadataText (value: Metadata, budget: DocumentBudget): string {
  const text = compact(value, budget)
  return Buffer.byteLength(text) + measure(text).indentation > budget.bytes ? text : stringify(value, '    ')
}

/** The same of what was metadata before: what `rewriteJson` keeps is kept, as far as the budget allows. */
export function rewrittenMetadata (before: string, value: Metadata, budget: DocumentBudget, how: { keepsShown?: boolean } = {}): string {
  const text = compact(value, budget)
  const rewritten = rewriteJson(before, value, how)
  return excessOf(rewritten, budget) === undefined ? rewritten : text
}

function compact (value: Metadata, budget: DocumentBudget): string {
  const text = stringify(value)
  const excess = excessOf(text, budget)
  return excess === undefined ? text : fail('metadata_too_large', { errors: [{ path: '', message: excess }] })
}

export function createMetadata (core: Core): MetadataService {
  const { layout, workspace, commits, now, budgets } = core

  /** Leave to write the metadata of a place that is there. */
  const permitFor = async (actor: Actor, place: Place): Promise<Permit> => {
    const permit = await Permit.use(core, actor, 'write', place.scan)
    await findPlace(core, actor, 'write', place)
    return permit
  }

  const onDisk = (place: Place): string => {
    try {
      if (place.fileset === undefined) return readScanDocument(layout, place.scan, budgets.metadata).text
      return (documentIn(layout.root, layout.metadata(place), 'metadata', budgets.metadata) ?? NOTHING).text
    } catch (error) {
      if (error instanceof OverBudget) return fail('metadata_over_budget', { errors: [{ path: '', message: error.message }] })
      if (error instanceof DamagedScan) return fail('metadata_damaged', { cause: error })
      throw asProblem(error)
    }
  }

  const validatorsOf = (place: Place, text: string): Validators => {
    const paths = [place, ...(place.fileset === undefined ? [{ scan: place.scan, fileset: 'images' }] : [])].map(layout.metadata)
    const times = paths.map(path => look(path)?.mtimeMs).filter(time => time !== undefined)
    return { etag: etagOf(text), ...(times.length > 0 ? { modified: Math.max(...times) } : {}) }
  }

  const shown = (place: Place, text: string): ReadMetadata => ({ value: strictJson(text), ...validatorsOf(place, text) })

  /** What a call answers needs the right to read it, whatever the call may write. */
  const shownTo = (actor: Actor, { scan }: Place, written: ReadMetadata): Written =>
    core.rights.may(actor, 'read', core.index.guarded(scan)) ? written : null

  const write = async (permit: Permit, place: Place, decide: (present: Metadata) => Metadata, { precondition, keepsShown = false }: Writing = {}): Promise<ReadMetadata> => {
    const temporary = workspace.temporary()
    let text = ''
    const change: Change = async (listing, again) => {
      if (!isListed(listing, place)) return fail(place.file === undefined ? 'fileset_not_found' : 'file_not_found')
      const present = onDisk(place)
      const touched = new Map([[keyOf(place), undefined]])
      if (again && present === text) return { touched }
      await precondition?.(validatorsOf(place, present))
      text = rewrittenMetadata(present, decide(parseExact(present) as Metadata), budgets.metadata, { keepsShown })
      await discard(temporary)
      await writeSynced(temporary, text)
      return { place: [{ temporary, path: layout.metadata(place), replaces: true }], touched }
    }
    try {
      await commits.change(permit, [concernOf(place)], change)
      return shown(place, text)
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
      await findPlace(core, actor, 'read', place)
      return shown(place, onDisk(place))
    },
    replace: async (actor, place, value, precondition) => {
      return shownTo(actor, place, await write(await permitFor(actor, place), place, present => ({ ...withoutProtected(value, place), ...kept(place, present) }), { precondition, keepsShown: true }))
    },
    assign: async (actor, place, members, precondition) => {
      return shownTo(actor, place, await write(await permitFor(actor, place), place, present => ({ ...present, ...withoutProtected(members, place), ...kept(place, present) }), { precondition }))
    },
    merge: async (actor, place, patch, precondition) => {
      return shownTo(actor, place, await write(await permitFor(actor, place), place, present => ({ ...mergePatch(present, withoutProtected(patch, place)) as Metadata, ...kept(place, present) }), { precondition }))
    },
    amend: async (permit, members, precondition) => {
      await write(permit, { scan: permit.scan }, present => ({ ...present, ...members, last_modified: timeText(now()) }), { precondition })
    }
  }
}
