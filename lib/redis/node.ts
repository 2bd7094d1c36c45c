import { Redis, type RedisOptions } from 'ioredis'
import type { Node } from './url.js'

/** Milliseconds before the next attempt to connect. */
export function backoff (attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), 2_000)
}

/**
 * A call that waits in a queue for a connection would be answered long after its caller gave up, and one
 * that is sent twice would turn a rotation into a reuse. So: no offline queue, no resending, an answer or
 * an error within `commandTimeout`.
 */
export const options = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: 5_000,
  connectTimeout: 5_000,
  protocol: 2,
  // CLIENT SETINFO would be one more right that a user needs.
  disableClientInfo: true,
  retryStrategy: backoff,
  // After a failover the old master refuses writes: leave it, so that the next connection finds the new one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY')
} as const satisfies RedisOptions

/** How a connection proves who it is, and whether it is encrypted. */
export interface Security { tls: boolean, username?: string, password?: string }

/** The options of ioredis for one connection. */
export const secured = ({ tls, username, password }: Security) => ({
  ...(username ? { username } : {}),
  ...(password ? { password } : {}),
  ...(tls ? { tls: {} } : {})
})

/** Sends one command to one node. @throws Error of the connection, such as that of its certificate, or of the command */
export async function askOnce (node: Node, security: Security, ...[command, ...words]: [string, ...string[]]): Promise<unknown> {
  const redis = new Redis({ ...options, ...secured(security), ...node, enableReadyCheck: false, retryStrategy: () => null })
  let last: Error | undefined
  redis.on('error', (error: Error) => { last = error })
  try {
    await redis.connect()
    return await redis.call(command, ...words)
  } catch (error) {
    throw last ?? error
  } finally {
    redis.disconnect()
  }
}
