import { randomBytes, timingSafeEqual } from 'node:crypto'
import { BootError } from '../boot-error.js'
import { fail } from '../errors.js'
import type { SealingKey } from '../sealing/seal.js'
import { createRingState } from './state.js'
import { openMaster, type Master } from './master.js'
import type { SigningKey } from './material.js'
import { presentRing, type Algorithm } from './ring.js'
import { publish, type Published } from './jwks.js'
import type { Key } from './schema.js'
import type { Secret } from './secret.js'
import type { KeyStore, Refused, Seen } from './store.js'
import type { KeyTimes } from './times.js'

/** The keys of this installation, derived from its secret; equal on every replica. */
export interface Keys {
  issuer: string
  /** The key that signs now. @throws `store_unavailable` where this process does not know its secret */
  readonly current: SigningKey
  /** The key that a token's `kid` names, or undefined for one that this installation does not have (any more). */
  find: (kid: string) => SigningKey | undefined
  /** Looks a `kid` up in the store where it is not known here; not more often than once a second. */
  meet: (kid: string) => Promise<void>
  /** Has a key stay until `until` (ms). @returns the kid of the one that does: another one, if that is gone */
  promise: (until: number, kid?: string) => Promise<string>
  /** Keys the hashes that only serve to look something up, such as the jti of a repeated refresh. */
  lookup: Buffer
  /** Encrypts what is personal; its id is the beginning of the check value, which names the secret. */
  sealing: SealingKey
  /** Keys the hashes by which e-mail addresses are found. */
  email: Buffer
  /** Keys the tokens that a page shows to prove that it can read our cookies. */
  csrf: Buffer
  /** Whether the store still is the one that these keys belong to. */
  belong: () => Promise<boolean>
  /** The keys with which others verify access tokens. @param known entity tags of what the caller has */
  published: (known: string | undefined) => Published
  /** The ring, the latest key first. */
  list: () => Promise<Key[]>
  /** Announces a key that is to sign next. @returns it, or the one that is announced already */
  rotate: () => Promise<Key>
  /** Removes a key, and with it all tokens that it signed. @throws `key_not_found`, `key_signing` */
  remove: (kid: string) => Promise<void>
  /** Says that this process runs, brings the ring forward and reads it. */
  tend: () => Promise<void>
  /** Says that it does not run any more. */
  leave: () => Promise<void>
}

interface Parts {
  secret: Secret
  store: KeyStore
  /** `ISSUER` if the operator set it; else `defaultIssuer` is kept for good at the first start. */
  issuer: string | undefined
  defaultIssuer: string
  /** What access tokens are signed with. */
  alg: Algorithm
  /** How the ring goes with time. */
  times: KeyTimes
  /** Milliseconds. */
  now: () => number
}

const refusals: Readonly<Record<Refused['why'], string>> = {
  unknown: 'The secret (JWT_SECRET_KEY, or the file secret in STATE_DIR) is not the one that this Redis was set up with. Give the former one, or use an empty Redis or another REDIS_PREFIX to start over',
  next: 'The secret is being changed: give the new one as JWT_SECRET_KEY and this one as JWT_SECRET_KEY_PREVIOUS',
  needed: 'JWT_SECRET_KEY_PREVIOUS is still needed',
  ring: 'The key ring in Redis names no signing key: restore the hash keys from a backup'
}

const newKid = (): string => randomBytes(9).toString('base64url')

/**
 * Derives the keys of this installation, and keeps up with its ring.
 * @throws BootError if the secret is not the one with which the store was set up
 */
export async function openKeys ({ secret, store, issuer, defaultIssuer, alg, times, now }: Parts): Promise<Keys> {
  const master = await openMaster(secret, await store.salt(randomBytes(16)))
  const masters = new Map<string, Master>([[master.id, master]])
  const state = createRingState({ masters, now })
  const { period, reread: _, ...lasting } = times
  const replica = { replica: newKid(), secrets: [...masters.keys()], ...lasting }
  const checks = Object.fromEntries([...masters].map(([id, { check }]) => [id, check]))
  let wish: { alg: Algorithm, secret: string } | null = { alg, secret: master.id }

  const look = async (boot: boolean): Promise<Seen | Refused> => {
    const answer = await store.tend(replica, { boot, checks, first: master.id, kid: newKid(), alg, wish, period, held: state.ring() })
    if (answer.outcome === 'refused') return answer
    await state.take(answer)
    const latest = answer.ring.at(-1)
    if (latest?.alg === wish?.alg && latest?.secret === wish?.secret) wish = null
    return answer
  }

  const tend = state.alone(async () => { state.lost((await look(false)).outcome === 'refused') })
  const first = await look(true)
  if (first.outcome === 'refused') throw new BootError([refusals[first.why]])

  return {
    issuer: issuer ?? await store.issuer(defaultIssuer),
    get current () { return state.current() },
    find: state.find,
    meet: state.meeting(tend),
    promise: async (until, kid = state.current().kid) => {
      if (await store.promise(kid, until)) return kid
      await tend()
      const { kid: other } = state.current()
      return await store.promise(other, until) ? other : fail('store_unavailable', { retryAfter: 1 })
    },
    lookup: master.derive('lookup'),
    sealing: { id: master.id, key: master.derive('sealing') },
    email: master.derive('email'),
    csrf: master.derive('csrf'),
    belong: async () => sameText(await store.check(master.id) ?? '', master.check),
    // Whoever remembers them that long knows a key before it signs, even if this replica had not heard of it yet.
    published: known => publish(state.ring().map(({ kid }) => state.find(kid)).filter(key => key !== undefined), Math.floor((times.overlap - times.reread) / 1000), known),
    list: async () => {
      await tend()
      return presentRing(state.ring(), state.time())
    },
    rotate: async () => {
      await state.take(await store.rotate(replica, newKid()))
      return presentRing(state.ring(), state.time())[0]!
    },
    remove: async kid => {
      const removed = await store.remove(replica, kid)
      if (removed.outcome !== 'ok') return fail(removed.outcome === 'unknown' ? 'key_not_found' : 'key_signing')
      await state.take(removed)
    },
    tend,
    leave: () => store.leave(replica.replica)
  }
}

const sameText = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
