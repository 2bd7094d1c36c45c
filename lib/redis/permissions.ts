import { randomUUID } from 'node:crypto'
import { Cluster, type Redis } from 'ioredis'
import { BootError } from '../boot-error.js'
import type { RedisClient } from './connect.js'
import { isOutage, isRefusal } from './outage.js'

/**
 * Every command that scripts and stores use, in a form that changes nothing. `key` is a short-lived string that nobody
 * else knows: what takes no string is refused for that (WRONGTYPE), which Redis finds out after it has looked at the
 * rights of the user.
 */
const PROBES = `
SET key text PX 60000
PING
TIME
WAIT 0 1
EVAL return 1 key
EVALSHA none 1 key
EXISTS key
GET key
INCR key
PEXPIRE key 60000
PEXPIREAT key 99999999999999
PTTL key
HDEL key field
HEXISTS key field
HGET key field
HGETALL key
HINCRBY key field 1
HMGET key field
HSET key field value
HSETNX key field value
LINDEX key 0
LRANGE key 0 0
LTRIM key 0 0
RPUSH key value
SADD key member
SCARD key
SISMEMBER key member
SMEMBERS key
SREM key member
XACK key group 0-1
XADD key * field value
XCLAIM key group consumer 0 0-1
XGROUP CREATE key group $
XPENDING key group
XRANGE key - + COUNT 1
XREAD COUNT 1 STREAMS key 0
XREADGROUP GROUP group consumer COUNT 1 STREAMS key >
XREVRANGE key + - COUNT 1
XTRIM key MAXLEN 1
ZADD key 0 member
ZCOUNT key 0 0
ZRANGE key 0 0
ZRANGEBYSCORE key 0 0
ZREM key member
ZREMRANGEBYSCORE key 0 0
ZREVRANGE key 0 0
ZREVRANGEBYLEX key + -
GETDEL key
DEL key
`.trim().split('\n').map(line => line.split(' ') as [string, ...string[]])

const nameOf = ([command, second]: readonly string[]): string => command === 'XGROUP' ? `xgroup|${second!.toLowerCase()}` : command!.toLowerCase()

/** The commands without which the service does not start, as rules of an ACL name them. */
export const REQUIRED_COMMANDS: readonly string[] = PROBES.map(nameOf)

/** How the sentence begins that names missing rights. */
export const MISSING_RIGHTS = 'Redis does not let this user do what is needed: its ACL lacks'

const isOfKeys = (message: string): boolean => /access (a|one of the|at least one of the) keys?/.test(message)

type Finding = { right: string } | { unknown: string } | undefined

/**
 * Tries every command that the service uses, on each node of a cluster, since each has its own users.
 * @throws BootError with one sentence that names the rights or commands that are missing
 * @throws Error of Redis if it cannot serve now
 */
export async function checkPermissions (redis: RedisClient, prefix: string): Promise<void> {
  const nodes = redis instanceof Cluster ? redis.nodes() : [redis]
  const findings = (await Promise.all(nodes.map(node => probe(node, prefix, redis instanceof Cluster)))).flat()
  const distinct = (list: string[]): string => [...new Set(list)].join(' ')
  const rights = distinct(findings.flatMap(finding => finding && 'right' in finding ? finding.right : []))
  if (rights !== '') throw new BootError([`${MISSING_RIGHTS} ${rights} (see docs/deployment.md)`])
  const unknown = distinct(findings.flatMap(finding => finding && 'unknown' in finding ? finding.unknown : []))
  if (unknown !== '') throw new BootError([`Redis does not know these commands, which are needed: ${unknown}`])
}

async function probe (node: Redis, prefix: string, isOneOfMany: boolean): Promise<Finding[]> {
  const key = `${prefix}{check-${randomUUID()}}`
  const attempt = async (words: readonly string[]): Promise<Finding> => {
    const [command, ...rest] = words.map(word => word === 'key' ? key : word) as [string, ...string[]]
    try {
      await node.call(command, ...rest)
    } catch (error) {
      const { message } = error as Error
      if (isRefusal(error)) return { right: isOfKeys(message) ? `~${prefix}*` : `+${nameOf(words)}` }
      if (/unknown (sub)?command/i.test(message)) return { unknown: command }
      // A node of a cluster may be down, and another one holds the key.
      if (!isOneOfMany && isOutage(error)) throw error
    }
    return undefined
  }
  const [first, ...others] = PROBES
  return [await attempt(first!), ...await Promise.all(others.map(attempt))]
}
