import type { Published } from './jwks.js'
import type { SigningKey } from './material.js'
import type { Key } from './schema.js'
import type { Secrets } from './secrets.js'
import type { KeyStatus } from './status.js'
import type { Turnover } from './turnover.js'

/** The keys of this installation, derived from its secret; equal on every replica. */
export interface Keys {
  issuer: string
  /** The key that signs now. @throws `store_unavailable` where this process does not know its secret */
  readonly current: SigningKey
  /** The key that a token's `kid` names, or undefined for one that this installation does not have (any more). */
  find: (kid: string) => SigningKey | undefined
  /**
   * The kid of the key that signs, for what is about to be signed. A process that has not looked at the ring for an
   * overlap, because it was stopped or asleep, looks first: whatever begins to sign was announced that long before.
   */
  signing: () => Promise<string>
  /** Whether a `kid` can be judged without looking anything up. */
  knows: (kid: string) => boolean
  /**
   * Looks a `kid` up in the store where it is not known here, and at the ring where that was not done for an overlap.
   * @throws `store_unavailable` where this process does not know the secret in use
   */
  meet: (kid: string) => Promise<void>
  /** Has a key stay until `until` (ms). @returns the kid of the one that does: another one, if that is gone */
  promise: (until: number, kid?: string) => Promise<string>
  /** Keys for other purposes than tokens, of the secret in use and of others that are known. */
  secrets: Secrets
  /** Whether the store still is the one that these keys belong to. */
  belong: () => Promise<boolean>
  /** The keys with which others verify access tokens. @param known entity tags of what the caller has */
  published: () => Published
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
  /** What an operator wants to know of keys and of a change of the secret. */
  status: () => Promise<KeyStatus>
  /** Gives a former secret up. */
  turnover: Turnover
}
