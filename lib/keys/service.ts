import { randomBytes, timingSafeEqual } from 'node:crypto'
import { BootError } from '../boot-error.js'
import { fail } from '../errors.js'
import { alone } from './alone.js'
import { publish } from './jwks.js'
import type { Keys } from './keys.js'
import { openMaster, type Master } from './master.js'
import { sentenceFor } from './refusals.js'
import { mayVerifyAccess, presentRing, type Algorithm } from './ring.js'
import type { Secret } from './secret.js'
import { createSecrets } from './secrets.js'
import { createRingState } from './state.js'
import { statusOf } from './status.js'
import type { KeyStore } from './store.js'
import type { KeyTimes } from './times.js'
import type { Refused, Seen } from './transitions.js'
import { createTurnover } from './turnover.js'

interface Parts {
  secret: Secret
  /** The former one, while it is being given up. */
  previous: Secret | undefined
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

const newKid = (): string => randomBytes(9).toString('base64url')

/**
 * Derives the keys of this installation, and keeps up with its ring.
 * @throws BootError if the secret is not the one with which the store was set up
 */
export async function openKeys ({ secret, previous, store, issuer, defaultIssuer, alg, times, now }: Parts): Promise<Keys> {
  const salt = await store.salt(randomBytes(16))
  const master = await openMaster(secret, salt)
  const former = previous && await openMaster(previous, salt)
  const masters = new Map<string, Master>([master, ...former ? [former] : []].map(each => [each.id, each]))
  const state = createRingState({ masters, now })
  const secrets = createSecrets(masters, state)
  const { period, reread, ...lasting } = times
  const replica = { replica: newKid(), secrets: [...masters.keys()], ...lasting }
  const checks = Object.fromEntries([...masters].map(([id, { check }]) => [id, check]))
  let looked = -Infinity
  let wish: { alg: Algorithm, secret: string } | null = { alg, secret: master.id }

  const look = async (boot: boolean): Promise<Seen | Refused> => {
    const asked = now()
    const answer = await store.tend(replica, { boot, checks, first: master.id, kid: newKid(), alg, wish, period, held: state.ring(), gone: state.gone() })
    if (answer.outcome === 'refused') return answer
    await state.take(answer)
    looked = asked
    const latest = answer.ring.at(-1)
    if (latest?.alg === wish?.alg && latest?.secret === wish?.secret) wish = null
    return answer
  }

  const tend = alone(async () => { state.lost((await look(false)).outcome === 'refused') })
  const meet = state.meeting(tend)
  const isStale = (): boolean => now() - looked >= times.overlap
  const refreshed = async (): Promise<void> => { if (isStale()) await tend() }
  const signing = async (): Promise<string> => {
    await refreshed()
    return state.current().kid
  }
  const first = await look(true)
  if (first.outcome === 'refused') throw new BootError([sentenceFor(first)])

  return {
    issuer: issuer ?? await store.issuer(defaultIssuer),
    get current () { return state.current() },
    find: state.find,
    signing,
    knows: kid => state.find(kid) !== undefined && !state.isLost() && !isStale(),
    meet: async kid => {
      await refreshed()
      await meet(kid)
    },
    promise: async (until, named) => {
      const kid = named ?? await signing()
      if (await store.promise(kid, until)) return kid
      await tend()
      const { kid: other } = state.current()
      return await store.promise(other, until) ? other : fail('store_unavailable', { retryAfter: 1 })
    },
    secrets,
    belong: async () => {
      if (state.isLost()) return false
      const { id } = secrets()[0]
      return sameText(await store.check(id) ?? '', checks[id] ?? '')
    },
    // Whoever remembers them that long knows a key before it signs, even if this replica had not heard of it yet.
    published: () => publish(state.ring().filter(key => mayVerifyAccess(state.ring(), key, state.time())).map(({ kid }) => state.find(kid)).filter(key => key !== undefined), Math.floor((times.overlap - reread) / 1000)),
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
    status: async () => {
      await tend()
      return statusOf({ secret: secrets()[0].id, ring: state.ring(), facts: state.facts(), now: state.time(), replica: replica.replica })
    },
    tend,
    leave: () => store.leave(replica.replica),
    turnover: createTurnover({ store, replica, masters, state, secrets })
  }
}

const sameText = (a: string, b: string): boolean => a !== '' && a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
