import { BootError } from '../boot-error.js'
import type { RedisClient } from './connect.js'
import { isRefusal } from './outage.js'
import { checkPermissions, MISSING_RIGHTS } from './permissions.js'

const OLDEST = [6, 2] as const

/** Facts of a running Redis that an operator should know about. */
export interface RedisReport { version: string, warnings: string[] }

const field = (info: string, name: string): string | undefined =>
  new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1]

const isOlder = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])
}

const refusals: ReadonlyArray<[RegExp, string]> = [
  [/All sentinels are unreachable.*(NOAUTH|WRONGPASS|invalid (username-)?password)/i, 'the Sentinels refuse the user and password in REDIS_URL'],
  [/No master of that name/, 'the Sentinels know no master of the name in REDIS_URL'],
  [/self[- ]signed certificate|unable to (verify|get)|certificate has expired|does not match certificate/i, 'the certificate of Redis is not trusted: its authority must be known to Node.js (NODE_EXTRA_CA_CERTS) and it must name the host that is connected to'],
  [/wrong version number|packet length too long|unknown protocol|record layer/i, 'Redis speaks no TLS at the address in REDIS_URL'],
  [/NOAUTH|WRONGPASS|invalid (username-)?password|without any password/i, 'Redis refuses the password in REDIS_URL'],
  [/READONLY/, 'Redis is a replica that takes no writes: REDIS_URL must name the master'],
  [/DB index|invalid DB/i, 'Redis has no database of the number in REDIS_URL'],
  [/^OOM/, 'Redis is full (maxmemory) and takes no writes'],
  [/^MISCONF/, 'Redis takes no writes, because it cannot save its data'],
  [/LOADING/, 'Redis is still loading its data; try again in a moment']
]

/** Says in one sentence why Redis could not be used, without the URL: it may hold a password. @param tls whether it was spoken to by TLS */
export function explainRedisFailure (error: unknown, tls = false): string {
  const { message, lastNodeError } = error as Error & { lastNodeError?: Error }
  const text = lastNodeError?.message ?? message
  const known = refusals.find(([pattern]) => pattern.test(text))
  // Of what the client itself calls: SELECT, and CLUSTER SLOTS.
  const refused = /^NOPERM.* '(.+)' command/.exec(text)?.[1]
  if (refused) return `${MISSING_RIGHTS} +${refused.toLowerCase()} (see docs/deployment.md)`
  // A plain server takes the TLS greeting for the beginning of a command and waits for the rest.
  if (tls && /ETIMEDOUT|^timeout$/.test(text)) return `Redis cannot be reached by TLS at REDIS_URL (${text}); if it speaks none, write redis for rediss`
  return known ? known[1] : `Redis cannot be reached at REDIS_URL: ${text}`
}

/**
 * Makes sure that Redis answers, is new enough and lets its user do all that the service does.
 * @param prefix with which all keys of the service begin
 * @throws BootError if it is older than 6.2, which has no GETDEL, or if rights are missing
 */
export async function checkRedis (redis: RedisClient, prefix: string): Promise<RedisReport> {
  const info = await redis.info().catch((error: unknown) => {
    if (isRefusal(error)) return undefined
    throw error
  })
  const version = field(info ?? '', 'redis_version') ?? 'unknown'
  if (isOlder(version)) throw new BootError([`Redis ${version} is too old: 6.2 or newer is needed, for GETDEL`])
  await checkPermissions(redis, prefix)
  return { version, warnings: info === undefined ? ['Redis does not let this user run INFO (+info): whether it evicts keys, keeps a file or was restarted cannot be told'] : warningsOf(info) }
}

function warningsOf (info: string): string[] {
  const warnings: string[] = []
  const policy = field(info, 'maxmemory_policy')
  if (policy !== undefined && policy !== 'noeviction') warnings.push(`Redis evicts keys when memory runs out (maxmemory-policy ${policy}): sessions would be lost; set noeviction`)
  if (field(info, 'aof_enabled') === '0') warnings.push('Redis keeps no append-only file: what was written since its last snapshot is lost when it crashes')
  return warnings
}
