import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fail, Problem } from '../../errors.js'
import { createPool } from '../../threads/pool.js'
import { findAlone, findFairly, type Found, type Look, type Searched, type Shared } from './fair.js'
import type { Job, Reply } from './jobs.js'
import { createTurns } from '../../threads/turns.js'

/** What somebody asks for: `query` is a JSON object as text. */
export interface Asked { query: string, fuzzy: boolean }

/**
 * Looks through metadata in a thread of its own, so that no query and nothing that is stored holds up the process.
 * A caller's queries are done one after the other, and those of several callers in turns.
 */
export interface Queries {
  /**
   * @param caller whose turn it is
   * @throws `invalid_request`, `too_expensive`, `overloaded` if the caller has too many waiting
   */
  find: <T>(caller: string, asked: Asked, searched: Searched<T>) => Promise<T[]>
  /** The same of documents of many owners, so that none of them makes it fail for the others. @throws as `find` */
  findOfMany: <T>(caller: string, asked: Asked, shared: Shared<T>) => Promise<Found<T>>
  /** Members of a large document as a JSON object, without those that are large themselves. @throws `too_expensive`, `overloaded` */
  pick: (caller: string, document: Uint8Array, names: readonly string[]) => Promise<string>
  close: () => Promise<void>
}

/** Of the thread's heap; the documents lie outside of it. */
const MOST_MEGABYTES = 256
const LONGEST_LINE = 64
const IDLE_MS = 60_000
/** How many queries of one caller may wait. */
const MOST_WAITING = 16

// Beside this module, and in the same language.
const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)
const startWorker = (): Worker => new Worker(entry, { resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })

const refuseQuery = (message: string): never => fail('invalid_request', { errors: [{ path: '/querystring/query', message }] })

const isOutOfMemory = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'

/** @param timeLimit how long the thread may work on one query, in milliseconds */
export function createQueries ({ timeLimit }: { timeLimit: number }): Queries {
  const pool = createPool<Job, Reply>({
    startWorker,
    firstJob: () => ({ kind: 'find', query: '{}', fuzzy: false, bytes: new Uint8Array(), ends: [] }),
    timeLimit,
    tooLate: () => new Problem('too_expensive'),
    idle: IDLE_MS,
    longestLine: LONGEST_LINE
  })
  const inTurn = createTurns(MOST_WAITING)

  const run = async (load: () => Promise<Job>, within: number): Promise<Reply> => {
    try {
      return await pool.run(load, within)
    } catch (error) {
      if (isOutOfMemory(error)) return fail('too_expensive', { cause: error })
      throw error
    }
  }

  /** Looks through documents of one query. */
  const looking = (asked: Asked): Look => async (documents, within) => {
    let began = 0
    let end = 0
    const ends = documents.map(({ length }) => {
      end += length
      return end
    })
    const load = async (): Promise<Job> => {
      began = performance.now()
      return { kind: 'find', ...asked, bytes: Buffer.concat(documents), ends }
    }
    const reply = await run(load, within)
    if ('refusal' in reply) return refuseQuery(reply.refusal)
    return { fits: reply.bytes, took: performance.now() - began }
  }

  const asking = async <T>(caller: string, asked: Asked, work: (look: Look) => Promise<T>): Promise<T> => await inTurn(caller, async () => {
    const look = looking(asked)
    let hasLooked = false
    const result = await work((documents, within) => {
      hasLooked = true
      return look(documents, within)
    })
    // Also without any document: what is wrong with the query is to be said.
    if (!hasLooked) await look([], timeLimit)
    return result
  })

  const find: Queries['find'] = (caller, asked, searched) => asking(caller, asked, look => findAlone(searched, look, timeLimit))
  const findOfMany: Queries['findOfMany'] = (caller, asked, shared) => asking(caller, asked, look => findFairly(shared, look, timeLimit))

  const pick: Queries['pick'] = async (caller, bytes, names) => await inTurn(caller, async () => {
    const reply = await run(async () => ({ kind: 'pick', names, bytes, ends: [bytes.length] }), timeLimit)
    return 'refusal' in reply ? '{}' : Buffer.from(reply.bytes).toString().slice(1, -1)
  })

  return { find, findOfMany, pick, close: pool.close }
}
