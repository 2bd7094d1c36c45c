import { createHmac } from 'node:crypto'

/** A keyed hash, so that the store can find what it cannot read. */
export interface KeyedHash {
  /** Under the secret in use. */
  (text: string): string
  /** Under every secret that is known, that in use first: what was stored may be of before a change. */
  all: (text: string) => string[]
}

/** @param keys of all secrets that are known, that in use first */
export function keyedHash (keys: () => readonly Buffer[]): KeyedHash {
  const under = (key: Buffer, text: string): string => createHmac('sha256', key).update(text).digest('base64url')
  return Object.assign((text: string) => under(keys()[0]!, text), { all: (text: string) => keys().map(key => under(key, text)) })
}
