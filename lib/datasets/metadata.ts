import { fail } from '../errors.js'
import { etagOf } from '../http/etag.js'
import type { Precondition, Tagged, Validators } from '../http/preconditions.js'
import { parseExact } from '../json/exact.js'
import { inTurn, isLargeValue, isLongText } from '../json/large.js'
import { strictJson } from '../json/read.js'
import type { Change } from './plan.js'
import { Permit } from './commit/permit.js'
import { findPlace, findSettled, guardedScan, roomIn, timeText, type Core } from './core.js'
import { OverBudget } from './document-budget.js'
import { asProblem, discard, writeSynced } from './disk.js'
import { rewrittenMetadata } from './format/metadata-text.js'
import { pick, protectedMembers, withoutProtected } from './format/protected-members.js'
import type { Metadata } from './index-entry.js'
import type { Place } from './layout.js'
import { DamagedScan, type Listing } from './listing.js'
import { mergePatch } from './merge-patch.js'
import { documentIn, NOTHING } from './format/document.js'
import { look, sizeOf } from './fs/look.js'
import type { Room } from './quotas.js'
import { readScanDocument } from './format/scan-metadata.js'
import type { Actor } from './rights.js'

/** Metadata as the text of a JSON object, as `strictJson` has it, so that every digit arrives. */
type ReadMetadata = Tagged<string>

/** What a write has made of metadata; null where its actor may write them, but not read. */
type Written = ReadMetadata | null

/** @property roomFor sets aside what is written @property precondition throws to refuse it @property keepsShown whether what says the same as was read stays as it was written @property isLarge whether what is written is */
interface Writing { roomFor?: (actor: Actor, place: Place, text: string) => Promise<Room>, precondition?: ((present: Validators) => void | Promise<void>) | undefined, keepsShown?: boolean, isLarge?: boolean }

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
  /** Changes what only the service changes, such as the owner. @param precondition throws to refuse it @throws `quota_exceeded` */
  amend: (actor: Actor, permit: Permit, members: Metadata, precondition?: () => Promise<void>) => Promise<void>
}

const isListed = (listing: Listing, { fileset, file }: Place): boolean => {
  if (fileset === undefined) return true
  const listed = listing.filesets.get(fileset)
  return file === undefined ? listed !== undefined : listed?.files.has(file) === true
}

const concernOf = ({ fileset = '', file }: Place): string => file === undefined ? `@${fileset}` : `${fileset}/${file}`

const keyOf = ({ fileset = '', file }: Place): string => file === undefined ? fileset : `${fileset}/${file}`

export function createMetadata (core: Core): MetadataService {
  const { layout, workspace, commits, now, budgets } = core

  /** Leave to write the metadata of a place that is there. */
  const permitFor = async (actor: Actor, place: Place): Promise<Permit> => {
    const permit = await Permit.use(core, actor, 'write', place.scan)
    await findPlace(core, actor, 'write', place)
    return permit
  }

  const storedText = (place: Place): string => {
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
    core.rights.may(actor, 'read', guardedScan(core, scan)) ? written : null

  /** Room for what a document grows by. */
  const roomToGrow = async (actor: Actor, place: Place, text: string): Promise<Room> => roomIn(core, actor, place.scan, growthOf(place, text))

  /** Room for a scan at another owner's. What the service writes itself needs none: who has no room left may still say who sees a scan. */
  const roomAt = (owner: unknown) => async (actor: Actor, place: Place, text: string): Promise<Room> => {
    const { scan } = place
    const isGiven = typeof owner === 'string' && owner !== guardedScan(core, scan).owner
    const room = core.quotas.roomFor(actor, isGiven ? owner : null, scan)
    if (isGiven) room.take({ scans: 1, metadata: (await findSettled(core, scan)).metadataBytes + growthOf(place, text) })
    return room
  }

  const growthOf = (place: Place, text: string): number => Buffer.byteLength(text) - sizeOf(layout.metadata(place))

  const write = async (actor: Actor, permit: Permit, place: Place, decide: (present: Metadata) => Metadata, { roomFor = roomToGrow, precondition, keepsShown = false, isLarge = false }: Writing = {}): Promise<ReadMetadata> => {
    const temporary = workspace.temporary()
    let text = ''
    let room: Room | undefined
    const change: Change = async (listing, again) => {
      if (!isListed(listing, place)) return fail(place.file === undefined ? 'fileset_not_found' : 'file_not_found')
      const present = storedText(place)
      const touched = new Map([[keyOf(place), undefined]])
      if (again && present === text) return { touched }
      await precondition?.(validatorsOf(place, present))
      text = await inTurn(isLarge || isLongText(present), () => rewrittenMetadata(present, decide(parseExact(present) as Metadata), budgets.metadata, { keepsShown }))
      room?.done()
      room = await roomFor(actor, place, text)
      await discard(temporary)
      await writeSynced(temporary, text)
      return { place: [{ temporary, path: layout.metadata(place), replaces: true }], touched, counted: room.done }
    }
    try {
      await commits.change(permit, [concernOf(place)], change)
      return shown(place, text)
    } finally {
      room?.done()
      await discard(temporary)
    }
  }

  const kept = (place: Place, present: Metadata): Metadata => ({
    ...pick(present, protectedMembers(place)),
    ...(place.file === undefined ? { last_modified: timeText(now()) } : {})
  })

  /** @param given by the actor */
  const changeFor = async (actor: Actor, place: Place, given: Metadata, decide: (present: Metadata, given: Metadata) => Metadata, how: Writing): Promise<Written> => {
    const permit = await permitFor(actor, place)
    const isLarge = isLargeValue(given)
    const allowed = await inTurn(isLarge, () => withoutProtected(given, place))
    const written = await write(actor, permit, place, present => ({ ...decide(present, allowed), ...kept(place, present) }), { ...how, isLarge })
    return shownTo(actor, place, written)
  }

  return {
    read: async (actor, place) => {
      await findPlace(core, actor, 'read', place)
      return shown(place, storedText(place))
    },
    replace: (actor, place, value, precondition) => changeFor(actor, place, value, (_present, allowed) => allowed, { precondition, keepsShown: true }),
    assign: (actor, place, members, precondition) => changeFor(actor, place, members, (present, allowed) => ({ ...present, ...allowed }), { precondition }),
    merge: (actor, place, patch, precondition) => changeFor(actor, place, patch, (present, allowed) => mergePatch(present, allowed) as Metadata, { precondition }),
    amend: async (actor, permit, members, precondition) => {
      await write(actor, permit, { scan: permit.scan }, present => ({ ...present, ...members, last_modified: timeText(now()) }), { roomFor: roomAt(members.owner), precondition })
    }
  }
}
