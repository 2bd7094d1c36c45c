// Asks a service every few milliseconds whether it is alive (WATCHED is its address), or, without one, watches
// nothing but its own event loop. Gives out what it has seen when it is asked to.
import { readFileSync } from 'node:fs'
import { Agent, get } from 'node:http'

const EVERY_MS = 5
/** Questions without an answer. */
const MOST_OPEN = 100

/**
 * When a question was asked, in milliseconds since the epoch, how long the answer took, and for how long of that the
 * main thread of the service had a processor: unlike the answer, that takes no longer on a busy machine.
 */
export type Sample = [at: number, ms: number, busy: number]

const { WATCHED = '', WATCHED_PID = '' } = process.env
const agent = new Agent({ keepAlive: true })
let samples: Sample[] = []
let open = 0

/** Milliseconds; NaN where the system does not say it in Linux's way. */
function busyMs (): number {
  try {
    return Number(readFileSync(`/proc/${WATCHED_PID}/task/${WATCHED_PID}/schedstat`, 'latin1').split(' ', 1)[0]) / 1e6
  } catch {
    return NaN
  }
}

const note = (asked: number, busy = NaN): void => { samples.push([performance.timeOrigin + asked, performance.now() - asked, busyMs() - busy]) }

function ask (): void {
  if (open >= MOST_OPEN) return
  open++
  const [asked, busy] = [performance.now(), busyMs()]
  get(`${WATCHED}/health/live`, { agent }, answer => {
    answer.resume().once('end', () => {
      open--
      note(asked, busy)
    })
  }).once('error', () => { open-- })
}

function look (): void {
  const due = performance.now() + EVERY_MS
  setTimeout(() => {
    note(due)
    look()
  }, EVERY_MS)
}

if (WATCHED === '') look()
else setInterval(ask, EVERY_MS)
process.on('message', () => {
  process.send?.(samples)
  samples = []
})
process.send?.({ port: 0 })
