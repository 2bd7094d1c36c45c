import { randomBytes } from 'node:crypto'
import type { RedisClient } from '#lib/redis/connect.js'
import type { KeyNames } from '#lib/redis/names.js'
import type { Secrets } from '#lib/keys/secrets.js'
import { userKeyOf } from '#lib/sealing/seal.js'
import { createSealing, type Sealing } from '#lib/sealing/service.js'

/** One secret, put together by hand. */
export const secretsOf = (id: string, sealing: Buffer, email: Buffer): Secrets =>
  () => [{ id, sealing, email, lookup: Buffer.alloc(64, 3), csrf: Buffer.alloc(64, 4), anonymous: userKeyOf(sealing, '', '') }]

/** Encryption at rest for stores that a test puts together itself. */
export const sealingOn = (redis: RedisClient, names: KeyNames): Sealing => createSealing({
  redis, names, secrets: secretsOf('testing0', Buffer.alloc(64, 1), Buffer.alloc(64, 2)), randomId: () => randomBytes(16).toString('base64url'), now: Date.now
})
