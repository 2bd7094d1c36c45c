import type { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import { fail, Problem } from '../errors.js'
import type { Job, Reply } from './jobs.js'
import { createThread, type Thread } from './thread.js'

/** Does jobs one after the other in a worker thread, which is there only while it is needed. */
export interface Pool {
  /**
   * @param load gives the job when it is its turn, so that what waits takes no memory
   * @throws `overloaded` if too many wait already, or it takes too long; what ended the worker, if it ends meanwhile
   */
  run: (load: () => Promise<Job>) => Promise<Reply>
  /** Ends the worker; what it does, and what waits or comes later, fails with `overloaded`. */
  close: () => Promise<void>
}

/** Times are in milliseconds. */
export interface PoolOptions {
  startWorker: () => Worker
  /** How long a job may take in the worker. */
  timeLimit: number
  /** How long a worker without a job is kept. */
  idle: number
  /** How many jobs may wait. */
  longestLine: number
}

const tooLate = (timeLimit: number): Problem =>
  new Problem('overloaded', { retryAfter: 5, cause: new Error(`A job took more than ${timeLimit} ms.`) })

export function createPool ({ startWorker, timeLimit, idle, longestLine }: PoolOptions): Pool {
  const line = pLimit(1)
  let thread: Thread | undefined
  let rest: NodeJS.Timeout | undefined
  let isClosed = false

  const start = (): Thread => {
    const started = createThread(startWorker(), () => { if (thread === started) thread = undefined })
    return started
  }
  const end = async (reason: Error): Promise<void> => thread?.end(reason)

  const perform = async (job: Job): Promise<Reply> => {
    if (isClosed) return fail('overloaded')
    clearTimeout(rest)
    const late = setTimeout(() => { void end(tooLate(timeLimit)) }, timeLimit)
    try {
      thread ??= start()
      return await thread.ask(job)
    } finally {
      clearTimeout(late)
      rest = setTimeout(() => { void end(new Error('There was nothing to do.')) }, idle).unref()
    }
  }

  return {
    run: async load => {
      if (line.pendingCount >= longestLine) return fail('overloaded', { retryAfter: 5 })
      return line(async () => perform(await load()))
    },
    close: async () => {
      isClosed = true
      await end(new Problem('overloaded'))
    }
  }
}
