import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { pace } from '#lib/datasets/pace.js'

const STEP_MS = 3
/** A slice of 8 ms is over after so many. */
const MOST_STEPS = 3
/** By then all have been asked to wait once. */
const FIRST_STEPS = 20

const busy = (): void => {
  const until = performance.now() + STEP_MS
  while (performance.now() < until);
}

t.test('however many works are long, a turn of the event loop has one slice of them', async t => {
  let steps = 0
  let most = 0
  let over = false
  const watched = (async () => {
    while (!over) {
      const before = steps
      await nextTurn()
      if (before >= FIRST_STEPS) most = Math.max(most, steps - before)
    }
  })()
  const work = async (): Promise<void> => {
    for (let i = 0; i < 20; i++) {
      busy()
      steps++
      await pace()
    }
  }
  await Promise.all(Array.from({ length: 10 }, work))
  over = true
  await watched
  t.equal(steps, 200, 'all come to their end')
  t.ok(most > 0 && most <= MOST_STEPS, `${most} steps in one turn`)
})
