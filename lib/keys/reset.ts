import { BootError } from '../boot-error.js'
import type { Config } from '../config/schema.js'
import { keyNames } from '../redis/names.js'
import { openRedis } from '../redis/open.js'
import { defineScript } from '../redis/script.js'
import { sharedScript } from '../sessions/shared-script.js'
import { formerPlace } from './bring-over.js'

/**
 * Forgets the keys of an installation whose secret is lost, so that it starts with another one.
 * @throws BootError while the service runs
 */
export async function resetKeys ({ REDIS_URL: url, REDIS_PREFIX: prefix }: Config): Promise<void> {
  const { redis } = await openRedis(url, () => {}, prefix)
  try {
    const reset = defineScript(redis, sharedScript, new URL('./lua/reset.lua', import.meta.url))
    const running = Number(await reset(keyNames(prefix).keys, '0|operator||'))
    if (running > 0) throw new BootError([`${running} processes of the service run: stop them first; one that was killed counts for half a minute`])
    await redis.del(formerPlace(prefix))
  } finally {
    redis.disconnect()
  }
}
