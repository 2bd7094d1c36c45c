import { randomBytes } from 'node:crypto'
import type { RedisClient } from '#lib/redis/connect.js'
import type { KeyNames } from '#lib/redis/names.js'
import { createSealing, type Sealing } from '#lib/sealing/service.js'

/** Encryption at rest for stores that a test puts together itself. */
export const sealingOn = (redis: RedisClient, names: KeyNames): Sealing => createSealing({
  redis, names, key: { id: 'testing0', key: Buffer.alloc(64, 1) }, emailKey: Buffer.alloc(64, 2), randomId: () => randomBytes(16).toString('base64url'), now: Date.now
})
