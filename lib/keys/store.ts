import type { Stamp } from '../audit/stamp.js'
import { owners } from '../audit/owners.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript, listOf, type Fields } from '../redis/script.js'
import { sharedScript } from '../sessions/shared-script.js'
import type { Kept, Refused, Replica, Seen, Tending } from './transitions.js'
import type { Progress } from './turnover.js'

/**
 * What all replicas of an installation agree on about its keys. No key material is among it, except sealed under the
 * secret in use.
 *
 * Callers rely on: every call is one atomic change. Of several that announce a key at the same moment one does, and
 * the others are answered its key. A key is announced before it signs, and is there until its last token has
 * expired. Salt and issuer that were written first stay.
 */
export interface KeyStore {
  /** The salt under which a passphrase is stretched: the kept one, else `proposal`. */
  salt: (proposal: Buffer) => Promise<Buffer>
  /** The kept issuer, else `proposal`. */
  issuer: (proposal: string) => Promise<string>
  tend: (replica: Replica, tending: Tending) => Promise<Seen | Refused>
  /** Announces a key that is to sign next, unless there is one. */
  rotate: (replica: Replica, kid: string) => Promise<Seen>
  remove: (replica: Replica, kid: string) => Promise<Seen | { outcome: 'unknown' | 'signing' }>
  /** Has a key stay until `until`. @returns false if there is no such key */
  promise: (kid: string, until: number) => Promise<boolean>
  /** Asks for the turn to seal anew what a former secret has sealed, or with `progress` tells of it. */
  turn: (replica: Replica, progress: Progress | null) => Promise<{ mine: boolean, progress: Progress | undefined }>
  /** Gives former secrets up for what is kept of them. */
  finish: (replica: Replica, kept: Kept) => Promise<Seen>
  /** The kept check value of a secret, or null if the store was emptied. */
  check: (secret: string) => Promise<string | null>
  /** Takes a replica off those that run. */
  leave: (replica: string) => Promise<void>
}

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

const progressIn = (answer: unknown): Progress | undefined => answer as Progress | null ?? undefined

const seen = ([, now, ring, facts]: readonly unknown[]): Seen =>
  ({ outcome: 'ok', now: Number(now), ring: listOf(ring), facts: facts as Fields })

interface Parts {
  redis: RedisClient
  names: KeyNames
  /** For what somebody orders. */
  stamp: Stamp
  /** For what the service does by itself, also where somebody's call was the occasion. */
  byItself: Stamp
}

/** The key store in Redis, one hash. Its scripts are in `lua/`. */
export function createKeyStore ({ redis, names, stamp, byItself }: Parts): KeyStore {
  const define = (file: string) => defineScript(redis, sharedScript, script('ring'), script(file))
  const [tend, rotate, remove, turn, finish] = [define('tend'), define('rotate'), define('remove'), define('turn'), define('finish')]
  const promise = defineScript(redis, script('promise'))
  const hash = `${names.keys}:facts`

  const call = async (run: typeof tend, by: Stamp, argument: object): Promise<readonly unknown[]> =>
    JSON.parse(await run(names.keys, await by(owners.keys), JSON.stringify(argument)) as string) as unknown[]

  const written = async (field: string, proposal: string): Promise<string> => {
    await redis.hsetnx(hash, field, proposal)
    return await redis.hget(hash, field) ?? ''
  }

  return {
    salt: async proposal => Buffer.from(await written('salt', proposal.toString('base64')), 'base64'),
    issuer: proposal => written('issuer', proposal),
    tend: async (replica, tending) => {
      const answer = await call(tend, byItself, { ...replica, ...tending })
      return answer[0] === 'ok' ? seen(answer) : { outcome: 'refused', why: answer[1] as Refused['why'], progress: progressIn(answer[2]) }
    },
    rotate: async (replica, kid) => seen(await call(rotate, stamp, { ...replica, kid })),
    remove: async (replica, kid) => {
      const answer = await call(remove, stamp, { ...replica, kid })
      return answer[0] === 'ok' ? seen(answer) : { outcome: answer[0] as 'unknown' | 'signing' }
    },
    turn: async (replica, progress) => {
      const [whose, kept] = await call(turn, byItself, { ...replica, progress })
      return { mine: whose === 'mine', progress: progressIn(kept) }
    },
    finish: async (replica, kept) => seen(await call(finish, byItself, { ...replica, ...kept })),
    promise: async (kid, until) => await promise(names.keys, kid, until) === 1,
    check: secret => redis.hget(hash, `secret:${secret}`),
    leave: async replica => { await redis.hdel(hash, `replica:${replica}`) }
  }
}
