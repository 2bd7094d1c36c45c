import { userKeyOf } from '../sealing/seal.js'
import type { Master } from './master.js'
import type { RingState } from './state.js'

/** What is derived from one secret besides keys of the ring. */
export interface SecretKeys {
  /** Names the secret. */
  id: string
  /** Keys the hashes that only serve to look something up. */
  lookup: Buffer
  /** Keys the hashes by which e-mail addresses are found. */
  email: Buffer
  /** Keys the tokens that a page shows to prove that it can read our cookies. */
  csrf: Buffer
  /** Encrypts what is personal; undefined of a former secret, of which no more is kept than these keys. */
  sealing: Buffer | undefined
  /** Encrypts what belongs to no known user. */
  anonymous: Buffer
}

/** Those of all secrets that are known: the first is the one in use, the others open and find what it did not make. */
export type Secrets = () => readonly [SecretKeys, ...SecretKeys[]]

function secretKeysOf ({ id, derive }: Master): SecretKeys {
  const sealing = derive('sealing')
  return { id, lookup: derive('lookup'), email: derive('email'), csrf: derive('csrf'), sealing, anonymous: userKeyOf(sealing, '', '') }
}

/** Orders the keys of all secrets that are known: those of the one in use first. */
export function createSecrets (masters: ReadonlyMap<string, Master>, { signing, former }: Pick<RingState, 'signing' | 'former'>): Secrets {
  const ours = [...masters.values()].map(secretKeysOf)
  let [inUse, others, all] = ['', former(), ours]
  return () => {
    const { secret = ours[0]!.id } = signing() ?? {}
    if (secret !== inUse || others !== former()) {
      const first = ours.find(({ id }) => id === secret)
      ;[inUse, others] = [secret, former()]
      all = [...first ? [first] : [], ...ours.filter(keys => keys !== first), ...others]
    }
    return all as [SecretKeys, ...SecretKeys[]]
  }
}
