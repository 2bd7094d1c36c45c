// The entry of the thread that works on PLY files. What is thrown here ends it, and the job fails with that.
import { parentPort } from 'node:worker_threads'
import { perform, type Job } from './jobs.js'
import { owned } from '../threads/owned.js'
import { workInBackground } from '../threads/background.js'

workInBackground()
parentPort?.on('message', (job: Job) => {
  const reply = perform(job)
  if ('refusal' in reply) return parentPort?.postMessage(reply)
  const bytes = owned(reply.bytes)
  parentPort?.postMessage({ bytes }, [bytes.buffer])
})
