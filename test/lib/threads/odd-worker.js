// Stands in for the worker: it does what the bytes of a job say.
import { parentPort, threadId } from 'node:worker_threads'

const orders = {
  answer: () => parentPort.postMessage({ bytes: Buffer.from(`${threadId}`) }),
  exit: () => process.exit(3),
  throw: () => { throw new TypeError('a fault') },
  hoard: () => { for (const kept = []; ;) kept.push(Array(100_000).fill(0.5)) },
  hang: () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}

parentPort.on('message', ({ bytes }) => orders[Buffer.from(bytes).toString()]())
