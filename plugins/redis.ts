import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import type { RedisClient } from '#lib/redis/connect.js'
import { createDurable } from '#lib/redis/durable.js'
import { keyNames, type KeyNames } from '#lib/redis/names.js'
import { openRedis } from '#lib/redis/open.js'

declare module 'fastify' {
  interface FastifyInstance {
    redis: RedisClient
    names: KeyNames
    /** Waits until what was written has reached the replicas of Redis that the operator asks for. */
    durable: () => Promise<void>
  }
}

export default fp<AppOptions>(async (app, { config }) => {
  const { redis, report } = await app.step('Connecting to Redis', 'see whether it answers at REDIS_URL, or is still loading its data', given =>
    openRedis(config.REDIS_URL, error => app.log.warn({ err: error }, 'Redis connection'), config.REDIS_PREFIX, given))
  app.log.info({ version: report.version }, 'Redis')
  for (const warning of report.warnings) app.log.warn(warning)
  app.decorate<RedisClient>('redis', redis)
  app.decorate('names', keyNames(config.REDIS_PREFIX))
  app.decorate('durable', createDurable(redis, config.REDIS_WAIT_REPLICAS))
  app.addHook('onClose', async () => { redis.disconnect() })
}, { name: 'redis', dependencies: ['starting'] })
