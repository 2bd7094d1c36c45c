import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fail } from '../errors.js'
import { SMALL } from '../json/json-text.js'
import { createPool } from '../threads/pool.js'
import { createTurns } from '../threads/turns.js'
import { errorOf, type Failure } from './failure.js'
import { perform, type Given, type Result, type Task } from './tasks.js'

export interface Job { task: Task, given: Given<Task>, bytes?: undefined }
export type Reply = { result: Result<Task> } | { failure: Failure }

/**
 * Works on documents that somebody sent or stored: small ones here, large ones in a thread of their own, so that they
 * hold up nobody.
 */
export interface DocumentWorker {
  /**
   * @param size characters or bytes of the documents @param caller whose turn it is; one caller's tasks are done one
   * after the other, those of the service itself as they come
   * @throws what the task throws; `overloaded` if too much waits, or it takes too long or too much memory
   */
  run: <T extends Task>(task: T, given: Given<T>, size: number, caller?: string) => Promise<Result<T>>
  close: () => Promise<void>
}

/** Of the thread's heap. */
const MOST_MEGABYTES = 1024
const TIME_LIMIT_MS = 60_000
const IDLE_MS = 60_000
const LONGEST_LINE = 256
/** How many tasks of one caller may wait. */
const MOST_WAITING = 64

// Beside this module, and in the same language.
const entry = new URL(`./worker${extname(import.meta.url)}`, import.meta.url)
const startWorker = (): Worker => new Worker(entry, { resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES } })

const isOutOfMemory = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY'

export function createDocumentWorker (): DocumentWorker {
  const pool = createPool<Job, Reply>({ startWorker, timeLimit: TIME_LIMIT_MS, idle: IDLE_MS, longestLine: LONGEST_LINE })
  const inTurn = createTurns(MOST_WAITING)

  const handOver = async <T extends Task>(task: T, given: Given<T>): Promise<Result<T>> => {
    try {
      const reply = await pool.run(async () => ({ task, given }))
      if ('failure' in reply) throw errorOf(reply.failure)
      return reply.result as Result<T>
    } catch (error) {
      if (isOutOfMemory(error)) return fail('overloaded', { retryAfter: 5, cause: error })
      throw error
    }
  }

  return {
    run: async (task, given, size, caller) => {
      if (size <= SMALL) return perform(task, given)
      return caller === undefined ? await handOver(task, given) : await inTurn(caller, () => handOver(task, given))
    },
    close: pool.close
  }
}
