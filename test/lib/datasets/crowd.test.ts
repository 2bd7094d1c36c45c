import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { createCrowd } from '#lib/datasets/crowd.js'

/** Long beside what a busy machine may add. */
const PATIENCE = 2_000
const AT_ONCE = PATIENCE / 2
const WAITED = PATIENCE - 5

const timed = async (work: Promise<void>): Promise<number> => {
  const began = performance.now()
  await work
  return performance.now() - began
}

t.test('nobody is waited for who was not announced', async t => {
  const crowd = createCrowd(PATIENCE)
  t.ok(await timed(crowd.gather(() => 1, 0)) < AT_ONCE)
  t.ok(crowd.isEmpty())
})

t.test('what was announced is waited for until it is here', async t => {
  const crowd = createCrowd(PATIENCE)
  let waiting = 1
  const isHere = crowd.expect()
  t.notOk(crowd.isEmpty())
  const gathered = crowd.gather(() => waiting, 0)
  const order: string[] = []
  void gathered.then(() => order.push('gathered'))
  await sleep(1)
  waiting++
  order.push('here')
  isHere()
  await gathered
  t.strictSame(order, ['here', 'gathered'])
  t.ok(crowd.isEmpty())
})

t.test('nobody is waited for longer than a moment, and not at all who is long in coming', async t => {
  const crowd = createCrowd(PATIENCE)
  crowd.expect()
  const took = await timed(crowd.gather(() => 1, 0))
  t.ok(took >= WAITED && took < 3 * PATIENCE, `${took} ms`)
  await sleep(101)
  t.ok(await timed(crowd.gather(() => 1, 0)) < AT_ONCE, 'its upload is a long one')
})

t.test('those just answered are waited for to come back, but not again and again in vain', async t => {
  const crowd = createCrowd(PATIENCE)
  let waiting = 1
  const coming = crowd.gather(() => waiting, 3)
  for (const isHere of [crowd.expect(), crowd.expect(), crowd.expect()]) {
    await sleep(1)
    waiting++
    isHere()
  }
  t.ok(await timed(coming) < AT_ONCE, 'all are here')

  t.ok(await timed(crowd.gather(() => 1, 3)) >= WAITED, 'nobody comes')
  for (let batch = 0; batch < 16; batch++) t.ok(await timed(crowd.gather(() => 1, 3)) < AT_ONCE)
  t.ok(await timed(crowd.gather(() => 1, 3)) >= WAITED, 'after some batches it is tried again')
})
