import type { Worker } from 'node:worker_threads'
import { owned } from './owned.js'

/** A job; if it has bytes, they are handed over to the worker. */
export interface WithBytes { bytes?: Uint8Array | undefined }

/** A worker with its job. It does not keep the process alive; the timer of a job's limit does. */
export interface Thread<Job, Reply> {
  /**
   * Does a job, one at a time; its bytes are handed over.
   * @throws what ended the thread, if it ends meanwhile
   */
  ask: (job: Job) => Promise<Reply>
  /** Ends it whatever it does; its job fails with the reason. */
  end: (reason: Error) => Promise<void>
}

interface Turn<Reply> { resolve: (reply: Reply) => void, reject: (reason: Error) => void }

/**
 * @param worker that has just been started
 * @param onEnd is called when it ends, perhaps more than once
 */
export function createThread<Job extends WithBytes, Reply> (worker: Worker, onEnd: () => void): Thread<Job, Reply> {
  let turn: Turn<Reply> | undefined

  const lose = (reason: Error): void => {
    onEnd()
    turn?.reject(reason)
  }
  worker.on('message', (reply: Reply) => turn?.resolve(reply))
  worker.on('error', lose)
  worker.on('exit', code => lose(new Error(`The worker ended with ${code} before its job was done.`)))
  worker.unref()

  return {
    ask: async job => {
      try {
        return await new Promise((resolve, reject) => {
          turn = { resolve, reject }
          if (job.bytes === undefined) return worker.postMessage(job)
          const bytes = owned(job.bytes)
          worker.postMessage({ ...job, bytes }, [bytes.buffer])
        })
      } finally {
        turn = undefined
      }
    },
    end: async reason => {
      lose(reason)
      await worker.terminate()
    }
  }
}
