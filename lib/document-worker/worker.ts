// The entry of the thread that works on large documents. What nobody foresaw ends it, and the task fails with that.
import { parentPort } from 'node:worker_threads'
import { failureOf } from './failure.js'
import { perform } from './tasks.js'
import type { Job, Reply } from './document-worker.js'
import { workInBackground } from '../threads/background.js'

const replyTo = ({ task, given }: Job): Reply => {
  try {
    return { result: perform(task, given) }
  } catch (error) {
    return { failure: failureOf(error) }
  }
}

workInBackground()
parentPort?.on('message', (job: Job) => { parentPort?.postMessage(replyTo(job)) })
