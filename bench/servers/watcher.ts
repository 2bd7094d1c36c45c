// Asks a service every few milliseconds whether it is alive (WATCHED is its address), or, without one, watches
// nothing but its own event loop. Gives out what it has seen when it is asked to.
import { Agent, get } from 'node:http'

const EVERY_MS = 5
/** Questions without an answer. */
const MOST_OPEN = 100

/** When a question was asked, in milliseconds since the epoch, and how long the answer took. */
export type Sample = [at: number, ms: number]

const { WATCHED = '' } = process.env
const agent = new Agent({ keepAlive: true })
let samples: Sample[] = []
let open = 0

const note = (asked: number): void => { samples.push([performance.timeOrigin + asked, performance.now() - asked]) }

function ask (): void {
  if (open >= MOST_OPEN) return
  open++
  const asked = performance.now()
  get(`${WATCHED}/health/live`, { agent }, answer => {
    answer.resume().once('end', () => {
      open--
      note(asked)
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
