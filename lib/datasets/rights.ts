import { allows, type Grants } from '../api-tokens/grants.js'
import { fail } from '../errors.js'
import type { ScanSummary, Visibility } from './index-entry.js'

/** Who acts: an account with its roles and groups as they are now, or nobody (a guest). */
export interface Actor {
  username: string | null
  fullname: string
  admin: boolean
  contributor: boolean
  groups: readonly string[]
  /** Whether the token carries the scope for reading at all; the other scopes are asked for by the routes. */
  reads: boolean
  /** What an API token allows besides; undefined for users and guests, whom nothing limits further. */
  token?: Grants | undefined
  /** The same as it is at this moment. @throws if the account, or the session or the token, is not good any more */
  again: () => Promise<Actor>
}

export const GUEST: Actor = { username: null, fullname: '', admin: false, contributor: false, groups: [], reads: true, again: async () => GUEST }

/** What can be done to a scan; `own` is giving it away and sharing it. */
export const rights = ['read', 'write', 'delete', 'own'] as const
export type Right = typeof rights[number]

/** What an actor is to a scan; the first that fits. */
export const relations = ['admin', 'owner', 'member', 'contributor', 'reader', 'guest'] as const
export type Relation = typeof relations[number]

const all = new Set<Right>(rights)
const work = new Set<Right>(['read', 'write'])
const read = new Set<Right>(['read'])
const none = new Set<Right>()

/** Who may do what with a scan of which visibility. `docs/permissions.md` shows this table. */
export type RightsTable = Record<Relation, Record<Visibility, ReadonlySet<Right>>>

export interface Policy {
  /** What guests may read. */
  guests: 'off' | 'public' | 'read'
  /** Whether contributors write to scans that are neither theirs nor of their groups. */
  contributors: 'all' | 'own'
}

/** The table under a policy. */
export const rightsTable = ({ guests, contributors }: Policy): RightsTable => {
  const others = contributors === 'all' ? work : read
  return {
    admin: { private: all, shared: all, public: all },
    owner: { private: all, shared: all, public: all },
    member: { private: work, shared: work, public: work },
    contributor: { private: none, shared: others, public: others },
    reader: { private: none, shared: read, public: read },
    guest: { private: none, shared: guests === 'read' ? read : none, public: guests === 'off' ? none : read }
  }
}

/** What of a scan decides who may use it. */
export type Guarded = Pick<ScanSummary, 'id' | 'owner' | 'groups' | 'visibility'>

const tests: ReadonlyArray<[Relation, (actor: Actor, scan: Guarded) => boolean]> = [
  ['guest', actor => actor.username === null],
  ['admin', actor => actor.admin],
  ['owner', (actor, scan) => scan.owner === actor.username],
  ['member', (actor, scan) => scan.groups.some(group => actor.groups.includes(group))],
  ['contributor', actor => actor.contributor]
]

const relationOf = (actor: Actor, scan: Guarded): Relation =>
  tests.find(([, fits]) => fits(actor, scan))?.[0] ?? 'reader'

/** Whether the token of an actor lets it do something with a scan; giving scans away is for users only. */
const isInToken = ({ reads, token }: Actor, right: Right | 'create', scan: string): boolean =>
  right === 'read' && !reads ? false : token === undefined || (right !== 'own' && allows(token, right, scan))

export interface Rights {
  /** Lets in whoever may read anything at all. @throws `authentication_required` */
  admit: (actor: Actor) => void
  may: (actor: Actor, right: Right, scan: Guarded) => boolean
  /** Lets in whoever may make a scan of that id. @throws `not_permitted` */
  demandCreation: (actor: Actor, id: string) => void
  /**
   * A scan that may be used so.
   * @throws `authentication_required` for guests; `scan_not_found` where the actor may not know of the scan; `not_permitted`
   */
  demand: <T extends Guarded>(actor: Actor, right: Right, scan: T | undefined) => T
}

export function createRights (policy: Policy): Rights {
  const table = rightsTable(policy)
  const may: Rights['may'] = (actor, right, scan) =>
    table[relationOf(actor, scan)][scan.visibility].has(right) && isInToken(actor, right, scan.id)
  const mayAnything = (actor: Actor, scan: Guarded): boolean => rights.some(right => may(actor, right, scan))
  return {
    admit: actor => { if (actor.username === null && policy.guests === 'off') fail('authentication_required') },
    may,
    demandCreation: (actor, id) => { if (!isInToken(actor, 'create', id)) fail('not_permitted') },
    demand: (actor, right, scan) => {
      if (scan && may(actor, right, scan)) return scan
      // A guest is not told more than that: the same for what is not there, what is private, and what needs an account.
      if (actor.username === null) return fail('authentication_required')
      if (!scan || !mayAnything(actor, scan)) return fail('scan_not_found')
      return fail('not_permitted')
    }
  }
}
