// The entry of the thread that looks through metadata. What is thrown here ends it, and the job fails with that.
import { parentPort } from 'node:worker_threads'
import { perform, type Job } from './jobs.js'
import { workInBackground } from '../../threads/background.js'

workInBackground()
parentPort?.on('message', (job: Job) => { parentPort?.postMessage(perform(job)) })
