import type { Worker } from 'node:worker_threads'
import pLimit from 'p-limit'
import { fail, Problem } from '../errors.js'
import { createThread, type Thread, type WithBytes } from './thread.js'

/** Does jobs one after the other in a worker thread, which is there only while it is needed. */
export interface Pool<Job, Reply> {
  /**
   * @param load gives the job when it is its turn, so that what waits takes no memory
   * @param timeLimit of this job, if not that of the pool
   * @throws `overloaded` if too many wait already, or it takes too long; what ended the worker, if it ends meanwhile
   */
  run: (load: () => Promise<Job>, timeLimit?: number) => Promise<Reply>
  /** Ends the worker; what it does, and what waits or comes later, fails with `overloaded`. */
  close: () => Promise<void>
}

/** Times are in milliseconds. */
export interface PoolOptions<Job> {
  startWorker: () => Worker
  /** A job that every new worker does first, so that its start takes none of the time of another. */
  firstJob?: () => Job
  /** How long a job may take in the worker. */
  timeLimit: number
  /** What a job that takes longer fails with, instead of `overloaded`. */
  tooLate?: (timeLimit: number) => Problem
  /** How long a worker without a job is kept. */
  idle: number
  /** How many jobs may wait. */
  longestLine: number
}

const overloaded = (timeLimit: number): Problem =>
  new Problem('overloaded', { retryAfter: 5, cause: new Error(`A job took more than ${timeLimit} ms.`) })

/** How long a worker may take to start. */
const START_MS = 60_000

export function createPool<Job extends WithBytes, Reply> ({ startWorker, firstJob, timeLimit, tooLate = overloaded, idle, longestLine }: PoolOptions<Job>): Pool<Job, Reply> {
  const line = pLimit(1)
  let thread: Thread<Job, Reply> | undefined
  let rest: NodeJS.Timeout | undefined
  let isClosed = false

  const start = (): Thread<Job, Reply> => {
    const started = createThread<Job, Reply>(startWorker(), () => { if (thread === started) thread = undefined })
    return started
  }
  const end = async (reason: Error): Promise<void> => thread?.end(reason)

  const ask = async (job: Job, reason: Problem, within: number): Promise<Reply> => {
    if (isClosed) return fail('overloaded')
    const late = setTimeout(() => { void end(reason) }, within)
    try {
      thread ??= start()
      return await thread.ask(job)
    } finally {
      clearTimeout(late)
    }
  }

  const perform = async (load: () => Promise<Job>, within: number): Promise<Reply> => {
    clearTimeout(rest)
    try {
      if (!thread && firstJob) await ask(firstJob(), overloaded(START_MS), START_MS)
      return await ask(await load(), tooLate(within), within)
    } finally {
      rest = setTimeout(() => { void end(new Error('There was nothing to do.')) }, idle).unref()
    }
  }

  return {
    run: async (load, within = timeLimit) => {
      if (line.pendingCount >= longestLine) return fail('overloaded', { retryAfter: 5 })
      return line(() => perform(load, within))
    },
    close: async () => {
      isClosed = true
      await end(new Problem('overloaded'))
    }
  }
}
