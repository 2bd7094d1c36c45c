import { createHmac } from 'node:crypto'
import { handleOf } from './handle.js'

/** A keyed hash, so that the store can find what it cannot read. */
export interface KeyedHash {
  /** Under the secret in use. */
  (text: string): string
  /** Under every secret that is known, that in use first: what was stored may be of before a change. */
  all: (text: string) => string[]
}

/** HMAC-SHA256 of a text in base64url, of 43 characters. */
export const hashUnder = (key: Buffer, text: string): string =>
  createHmac('sha256', handleOf(key)).update(text).digest('base64url')

/** @param keys of all secrets that are known, that in use first */
export function keyedHash (keys: () => readonly Buffer[]): KeyedHash {
  return Object.assign((text: string) => hashUnder(keys()[0]!, text), { all: (text: string) => keys().map(key => hashUnder(key, text)) })
}
