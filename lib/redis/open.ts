import { Redis } from 'ioredis'
import { BootError } from '../boot-error.js'
import { checkRedis, explainRedisFailure, type RedisReport } from './check.js'
import { createClient, duplicateOf, keepReconnecting, whyClosed, type RedisClient } from './connect.js'
import { parseRedisUrl, type RedisTarget } from './url.js'

/**
 * Connects to Redis and makes sure that it can be used.
 * @param onError told of every later connection error; the client reconnects by itself
 * @param prefix with which all keys of the service begin; its user must have rights on those
 * @param given ends the attempt
 * @throws BootError saying why not, without the URL
 */
export async function openRedis (url: string, onError: (error: Error) => void, prefix = '', given?: AbortSignal): Promise<{ redis: RedisClient, report: RedisReport }> {
  const target = parseRedisUrl(url)
  const redis = createClient(target)
  given?.addEventListener('abort', () => { redis.disconnect() })
  let last: Error | undefined
  const remember = (error: Error): void => { last = error }
  redis.on('error', remember)
  try {
    await redis.connect()
    // The client goes on in database 0 when its own SELECT is refused.
    if (redis instanceof Redis && redis.options.db) await redis.select(redis.options.db)
    const report = await checkRedis(redis, prefix)
    keepReconnecting(redis)
    redis.off('error', remember)
    redis.on('error', onError)
    return { redis, report }
  } catch (error) {
    redis.disconnect()
    if (error instanceof BootError) throw error
    throw new BootError([explainRedisFailure(await reasonOf(last ?? error, target), url.startsWith('rediss'))])
  }
}

/**
 * Connects once more, as a client has that works.
 * @param onError told of every connection error
 * @throws BootError if Redis has gone meanwhile
 */
export async function openAnother (redis: RedisClient, onError: (error: Error) => void): Promise<RedisClient> {
  const another = duplicateOf(redis)
  another.on('error', onError)
  try {
    await another.connect()
    keepReconnecting(another)
    return another
  } catch (error) {
    another.disconnect()
    throw new BootError([`Redis went away during the start. ${explainRedisFailure(error)}`])
  }
}

/** What made a connection fail: a cluster keeps the errors of its nodes' connections to itself, so they are asked. */
async function reasonOf (error: unknown, target: RedisTarget): Promise<unknown> {
  const { lastNodeError } = error as { lastNodeError?: Error }
  if (target.kind !== 'cluster' || lastNodeError?.message !== 'Connection is closed.') return error
  return await whyClosed(target) ?? error
}
