import { createHmac } from 'node:crypto'
import type { RedisClient } from '../redis/connect.js'
import type { Entry } from './event.js'

/** Where alarms are delivered; `timeout` is milliseconds. */
export interface Target { url: string, secret: string, timeout: number }

/** The signature of a delivery: HMAC-SHA256 over `<timestamp>.<body>`, in hexadecimal. */
export const signatureOf = (secret: string, timestamp: string, body: string): string =>
  createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')

interface Parts {
  redis: RedisClient
  /** The stream of alarms. */
  key: string
  target: Target
  /** Milliseconds. */
  now: () => number
  warn: (details: object, message: string) => void
}

/** All replicas are one consumer: a message belongs to whoever took it, until it has waited too long. */
const [GROUP, CONSUMER] = ['webhook', 'guardcell']
const AT_ONCE = 10
const LONGEST_WAIT_MS = 600_000

type Pending = [id: string, consumer: string, idle: number, deliveries: number]

/**
 * Delivers alarms at least once. A message is acknowledged when the target has answered 2xx; until then it
 * is pending in the consumer group, and whichever replica sees first that it has waited long enough claims it
 * and tries again: after twice the timeout, then twice as long each time, up to ten minutes.
 */
export function createWebhook ({ redis, key, target, now, warn }: Parts) {
  const waitAfter = (deliveries: number): number => Math.min(2 * target.timeout * 2 ** (deliveries - 1), LONGEST_WAIT_MS)

  const fresh = async (): Promise<Entry[]> => {
    const answer = await redis.xreadgroup('GROUP', GROUP, CONSUMER, 'COUNT', AT_ONCE, 'STREAMS', key, '>') as Array<[string, Entry[]]> | null
    return answer?.[0]?.[1] ?? []
  }

  const overdue = async (): Promise<Entry[]> => {
    const pending = await redis.xpending(key, GROUP, 'IDLE', waitAfter(1), '-', '+', AT_ONCE) as Pending[]
    const claimed: Entry[] = []
    for (const [id, , idle, deliveries] of pending) {
      const wait = waitAfter(deliveries)
      if (idle < wait) continue
      // The time is asked for once more by Redis itself, so that of several replicas one gets it.
      const [entry] = await redis.call('XCLAIM', key, GROUP, CONSUMER, wait, id) as Array<Entry | null>
      if (entry) claimed.push(entry)
    }
    return claimed
  }

  const send = async (body: string): Promise<boolean> => {
    const timestamp = String(Math.floor(now() / 1000))
    try {
      const { ok, status, body: answer } = await fetch(target.url, {
        method: 'POST',
        redirect: 'error',
        signal: AbortSignal.timeout(target.timeout),
        headers: {
          'content-type': 'application/json',
          'guardcell-timestamp': timestamp,
          'guardcell-signature': `v1=${signatureOf(target.secret, timestamp, body)}`
        },
        body
      })
      await answer?.cancel()
      if (!ok) warn({ status }, 'AUDIT_WEBHOOK_URL did not take an alarm; it is tried again')
      return ok
    } catch (error) {
      warn({ reason: (error as Error).name }, 'AUDIT_WEBHOOK_URL did not take an alarm; it is tried again')
      return false
    }
  }

  const open = async (): Promise<void> => {
    await redis.xgroup('CREATE', key, GROUP, '$', 'MKSTREAM').catch(unless('BUSYGROUP'))
  }

  return {
    /** Makes the group, should there be none: what is raised from then on is delivered. */
    open,

    /** Delivers what waits and is due. */
    deliver: async (): Promise<void> => {
      const due = await Promise.all([overdue(), fresh()]).catch(unless('NOGROUP')) ?? (await open(), [])
      for (const [id, fields] of due.flat()) {
        const body = fields[1]
        if (body === undefined || await send(body)) await redis.xack(key, GROUP, id)
      }
    }
  }
}

const unless = (code: string) => (error: unknown): undefined => {
  if (!(error as Error).message.startsWith(code)) throw error
}
