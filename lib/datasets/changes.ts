import type { Redis } from 'ioredis'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RedisClient } from '../redis/connect.js'
import { openAnother } from '../redis/open.js'

/** A write to a scan: which files (`fileset/id`) it concerned, undefined for all that there is. */
export interface ScanChange { scan: string, touched: readonly string[] | undefined }

/** By which replicas tell each other what they have written. */
export interface ChangeFeed {
  /** What cannot be told now is told as soon as Redis is back; the error is thrown all the same. */
  publish: (change: ScanChange) => Promise<void>
  close: () => void
}

interface Parts {
  redis: RedisClient
  /** The stream. */
  key: string
  replica: string
  onChange: (change: ScanChange) => void
  /** Called when changes may have been missed, before any later one is told. */
  onGap: () => Promise<void>
  onError: (error: unknown) => void
}

const KEPT = 10_000
/** Less than the patience of the connection. */
const WAIT_MS = 2_000
/** Who has not listened for so long may have missed what the stream no longer holds. */
const DEAF_MS = 10_000
const MOST_TOUCHED = 200

type Entry = [id: string, fields: string[]]

const changeIn = ([, [, , , scan = '', , touched = '']]: Entry): ScanChange =>
  ({ scan, touched: touched === '*' ? undefined : JSON.parse(touched) as string[] })

const after = (a: string, b: string): boolean => {
  const [[ms1 = 0, n1 = 0], [ms2 = 0, n2 = 0]] = [a.split('-').map(Number), b.split('-').map(Number)]
  return ms1 > ms2 || (ms1 === ms2 && n1 > n2)
}

/** Follows the changes of other replicas from now on. @throws BootError if Redis cannot be reached */
export async function openChangeFeed ({ redis, key, replica, onChange, onGap, onError }: Parts): Promise<ChangeFeed> {
  const connection = await openAnother(redis, onError) as Redis
  const listening = new AbortController()
  const { signal } = listening

  const latest = async (): Promise<string> => ((await connection.xrevrange(key, '+', '-', 'COUNT', 1)) as Entry[])[0]?.[0] ?? '0-0'
  let seen = await latest()

  /** Whether everything after `seen` is still in the stream, and the stream is the one that `seen` is of. */
  const isWhole = async (): Promise<boolean> => {
    if (seen === '0-0') return true
    return (await connection.xrange(key, seen, seen)).length === 1 && !after(seen, await latest())
  }

  const follow = async (): Promise<void> => {
    const answer = await connection.xread('COUNT', 500, 'BLOCK', WAIT_MS, 'STREAMS', key, seen)
    for (const entry of answer?.[0]?.[1] ?? []) {
      seen = entry[0]
      if (entry[1][1] !== replica) onChange(changeIn(entry))
    }
  }

  const send = async ({ scan, touched }: ScanChange): Promise<void> => {
    const list = touched === undefined || touched.length > MOST_TOUCHED ? '*' : JSON.stringify(touched)
    await redis.xadd(key, 'MAXLEN', '~', KEPT, '*', 'replica', replica, 'scan', scan, 'touched', list)
  }

  /** What could not be told when it happened. */
  const untold: ScanChange[] = []
  const catchUp = async (): Promise<void> => {
    while (untold.length > 0) {
      await send(untold[0]!)
      untold.shift()
    }
  }

  /** What was said of the present outage; it is not said again with every attempt. */
  const said = new Set<string>()
  const report = (error: unknown): void => {
    if (!said.has(String(error))) onError(error)
    said.add(String(error))
  }

  const run = async (): Promise<void> => {
    let heard = performance.now()
    while (!signal.aborted) {
      try {
        if (performance.now() - heard > DEAF_MS && !await isWhole()) await recover()
        await catchUp()
        await follow()
        heard = performance.now()
        said.clear()
      } catch (error) {
        if (signal.aborted) return
        report(error)
        await recover()
      }
    }
  }

  /** Waits for Redis, and has everything compared if changes were missed. */
  const recover = async (): Promise<void> => {
    while (!signal.aborted) {
      await sleep(200)
      try {
        if (await isWhole()) return
        seen = await latest()
        await onGap()
        return
      } catch (error) {
        if (!signal.aborted) report(error)
      }
    }
  }

  void run()
  return {
    publish: async change => {
      try {
        await send(change)
      } catch (error) {
        untold.push(change)
        throw error
      }
    },
    close: () => {
      listening.abort()
      connection.disconnect()
    }
  }
}
