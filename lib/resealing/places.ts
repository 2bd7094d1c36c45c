import type { RedisClient } from '../redis/connect.js'
import { isSealed, type Seal } from '../sealing/seal.js'

/** A field of a hash of a user that holds something sealed, and what it should be instead. */
export interface Place { hash: string, field: string, before: string, after: string }

interface Parts {
  redis: RedisClient
  /** Base name of the user's keys. */
  base: string
  seal: Seal
  isFormer: (sealed: string) => boolean
}

/** The same text under the secret in use, or undefined if it is that already, or cannot be opened. */
function anew ({ seal, isFormer }: Parts, field: string, sealed: string): string | undefined {
  const text = isSealed(sealed) && isFormer(sealed) ? seal.open(field, sealed) : null
  return text === null ? undefined : seal.seal(field, text)
}

async function sessions (parts: Parts): Promise<Place[]> {
  const { redis, base } = parts
  const found: Place[] = []
  for (const id of await redis.zrange(`${base}:sessions`, '0', '-1')) {
    const hash = `session:${id}`
    const before = await redis.hget(`${base}:${hash}`, 'device') ?? ''
    const after = anew(parts, 'device', before)
    if (after !== undefined) found.push({ hash, field: 'device', before, after })
  }
  return found
}

/** What is damaged must not keep the rest from being sealed anew. */
function objectIn (text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value as Record<string, unknown> : {}
  } catch {
    return {}
  }
}

async function invitations (parts: Parts): Promise<Place[]> {
  return Object.entries(await parts.redis.hgetall(`${parts.base}:invitations`)).flatMap(([field, before]) => {
    const kept = objectIn(before)
    const email = typeof kept.email === 'string' ? anew(parts, 'invitation', kept.email) : undefined
    return email === undefined ? [] : [{ hash: 'invitations', field, before, after: JSON.stringify({ ...kept, email }) }]
  })
}

/** Where something of a user is sealed under a former secret, besides the account itself. */
export const placesOf = async (parts: Parts): Promise<Place[]> => [...await sessions(parts), ...await invitations(parts)]
