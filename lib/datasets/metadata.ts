import { stringify } from '../json/exact.js'
import type { Rewritten, Stored, Way } from '../document-worker/metadata.js'
import { fail } from '../errors.js'
import type { Precondition, Tagged, Validators } from '../http/preconditions.js'
import type { Change } from './plan.js'
import { Permit } from './commit/permit.js'
import { callerOf, findPlace, findSettled, guardedScan, roomIn, timeText, type Core } from './core.js'
import { OverBudget } from './document-budget.js'
import { asProblem, discard, writeSynced } from './disk.js'
import { protectedMembers, textOfGiven, type GivenMetadata } from './format/protected-members.js'
import type { Metadata } from './index-entry.js'
import type { Place } from './layout.js'
import { DamagedScan, type Listing } from './listing.js'
import { look, sizeOf } from './fs/look.js'
import type { Room } from './quotas.js'
import type { Actor } from './rights.js'

/** Metadata as the text of a JSON object, as `strictJson` has it, so that every digit arrives. */
type ReadMetadata = Tagged<string>

/** What a write has made of metadata; null where its actor may write them, but not read. */
type Written = ReadMetadata | null

/**
 * A change of metadata. @property given a JSON text @property kept members that stay as they are
 * @property roomFor reserves what is written @property precondition throws to refuse it
 */
interface Writing { given: string, way: Way, kept: readonly string[], roomFor?: (actor: Actor, place: Place, text: string) => Promise<Room>, precondition?: ((present: Validators) => void | Promise<void>) | undefined }

/**
 * The metadata of scans, filesets and files: each one JSON object. Whatever changes them may hold `RawJson`; what it
 * does not touch keeps its text on the disk, whoever wrote it.
 */
export interface MetadataService {
  /** @param member one of them instead of all; `{}` if there is none of that name */
  read: (actor: Actor, place: Place, member?: string) => Promise<ReadMetadata>
  /** Puts another object in its place; what says the same as was read stays as it was written. @throws `precondition_failed` */
  replace: (actor: Actor, place: Place, value: GivenMetadata, precondition: Precondition | undefined) => Promise<Written>
  /** Sets members as they are given; the others stay. @throws `precondition_failed` */
  assign: (actor: Actor, place: Place, members: GivenMetadata, precondition?: Precondition) => Promise<Written>
  /** Changes members (RFC 7396). @throws `precondition_failed` */
  merge: (actor: Actor, place: Place, patch: GivenMetadata, precondition: Precondition | undefined) => Promise<Written>
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

/** The error of the catalogue for metadata that cannot be read. */
const unreadable = (error: unknown): never => {
  if (error instanceof OverBudget) return fail('metadata_over_budget', { errors: [{ path: '', message: error.message }] })
  if (error instanceof DamagedScan) return fail('metadata_damaged', { cause: error })
  throw asProblem(error)
}

export function createMetadata (core: Core): MetadataService {
  const { layout, workspace, commits, documentWorker, now, budgets } = core
  const budget = budgets.metadata

  /** Leave to write the metadata of a place that is there. */
  const permitFor = async (actor: Actor, place: Place): Promise<Permit> => {
    const permit = await Permit.use(core, actor, 'write', place.scan)
    await findPlace(core, actor, 'write', place)
    return permit
  }

  /** The documents that the metadata of a place are read from. */
  const filesOf = (place: Place) => [place, ...(place.fileset === undefined ? [{ scan: place.scan, fileset: 'images' }] : [])].flatMap(one => look(layout.metadata(one)) ?? [])
  const bytesOf = (place: Place): number => filesOf(place).reduce((sum, { size }) => sum + size, 0)

  const stored = async (place: Place, caller: string | undefined): Promise<Stored> =>
    await documentWorker.run('readStored', { root: layout.root, place, budget }, bytesOf(place), caller).catch(unreadable)

  const validatorsOf = (place: Place, etag: string): Validators => {
    const times = filesOf(place).map(({ mtimeMs }) => mtimeMs)
    return { etag, ...(times.length > 0 ? { modified: Math.max(...times) } : {}) }
  }

  /** What a call answers needs the right to read it, whatever the call may write. */
  const shownTo = async (actor: Actor, { scan }: Place, written: ReadMetadata): Promise<Written> =>
    core.rights.may(actor, 'read', await guardedScan(core, scan)) ? written : null

  const growthOf = (place: Place, text: string): number => Buffer.byteLength(text) - sizeOf(layout.metadata(place))

  /** Room for what the metadata of a scan grow by; those of filesets and files are not held in memory. */
  const roomToGrow = async (actor: Actor, place: Place, text: string): Promise<Room> =>
    await roomIn(core, actor, place.scan, place.fileset === undefined ? growthOf(place, text) : 0)

  /** Room for a scan at another owner's. What the service writes itself needs none: who has no room left may still say who sees a scan. */
  const roomAt = (owner: unknown) => async (actor: Actor, place: Place, text: string): Promise<Room> => {
    const { scan } = place
    const isGiven = typeof owner === 'string' && owner !== (await guardedScan(core, scan)).owner
    const room = core.quotas.roomFor(actor, isGiven ? owner : null, scan)
    if (isGiven) room.take({ scans: 1, metadata: (await findSettled(core, scan)).metadataBytes + growthOf(place, text) })
    return room
  }

  const write = async (actor: Actor, permit: Permit, place: Place, { given, way, kept, roomFor = roomToGrow, precondition }: Writing): Promise<ReadMetadata> => {
    const temporary = workspace.temporary()
    const caller = callerOf(actor)
    let written: Rewritten | undefined
    let room: Room | undefined
    const change: Change = async (listing, again) => {
      if (!isListed(listing, place)) return fail(place.file === undefined ? 'fileset_not_found' : 'file_not_found')
      const { text: present, etag } = await stored(place, caller)
      const touched = new Map([[keyOf(place), undefined]])
      if (again && present === written?.text) return { touched }
      await precondition?.(validatorsOf(place, etag))
      const added = place.file === undefined ? { last_modified: timeText(now()) } : {}
      written = await documentWorker.run('rewriteStored', { present, given, way, kept, added, budget, keepsShown: way === 'replace' }, present.length + given.length, caller)
      room?.done()
      room = await roomFor(actor, place, written.text)
      await discard(temporary)
      await writeSynced(temporary, written.text)
      return { place: [{ temporary, path: layout.metadata(place), replaces: true }], touched, counted: room.done }
    }
    try {
      await commits.change(permit, [concernOf(place)], change)
      return { value: written!.shown, ...validatorsOf(place, written!.etag) }
    } finally {
      room?.done()
      await discard(temporary)
    }
  }

  const changeFor = async (actor: Actor, place: Place, value: GivenMetadata, way: Way, precondition: Precondition | undefined): Promise<Written> => {
    const permit = await permitFor(actor, place)
    const writing = { given: textOfGiven(value), way, kept: protectedMembers(place), precondition }
    return await shownTo(actor, place, await write(actor, permit, place, writing))
  }

  return {
    read: async (actor, place, member) => {
      await findPlace(core, actor, 'read', place)
      const { text, etag } = await documentWorker.run('readShown', { root: layout.root, place, budget, member }, bytesOf(place), callerOf(actor)).catch(unreadable)
      return { value: text, ...validatorsOf(place, etag) }
    },
    replace: (actor, place, value, precondition) => changeFor(actor, place, value, 'replace', precondition),
    assign: (actor, place, members, precondition) => changeFor(actor, place, members, 'assign', precondition),
    merge: (actor, place, patch, precondition) => changeFor(actor, place, patch, 'merge', precondition),
    amend: async (actor, permit, members, precondition) => {
      await write(actor, permit, { scan: permit.scan }, { given: stringify(members), way: 'assign', kept: [], roomFor: roomAt(members.owner), precondition })
    }
  }
}
