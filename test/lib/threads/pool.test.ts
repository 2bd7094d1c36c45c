import { setTimeout as sleep } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import type { Job, Reply } from '#lib/geometry/jobs.js'
import { createPool, type Pool, type PoolOptions } from '#lib/threads/pool.js'

interface Running { pool: Pool<Job, Reply>, order: (what: string, within?: number) => Promise<string> }

// Without the loaders of the tests, which take most of a second.
const oddWorker = (): Worker =>
  new Worker(new URL('./odd-worker.js', import.meta.url), { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: 32 } })

const start = (t: Test, options: Partial<PoolOptions<Job>> = {}): Running => {
  const pool = createPool<Job, Reply>({ startWorker: oddWorker, timeLimit: 20_000, idle: 20_000, longestLine: 3, ...options })
  t.teardown(pool.close)
  return {
    pool,
    order: async (what, within) => {
      const reply = await pool.run(async () => ({ kind: 'mesh', bytes: Buffer.from(what) }), within)
      return 'bytes' in reply ? Buffer.from(reply.bytes).toString() : reply.refusal
    }
  }
}

t.test('one worker does job after job', async t => {
  const { order } = start(t)
  const [first, ...others] = await Promise.all(['answer', 'answer', 'answer'].map(what => order(what)))
  t.ok(Number(first) > 0)
  t.same(others, [first, first])
  t.equal(await order('answer'), first)
})

for (const [what, error] of [
  ['exit', { message: 'The worker ended with 3 before its job was done.' }],
  ['throw', { name: 'TypeError', message: 'a fault' }],
  ['hoard', { code: 'ERR_WORKER_OUT_OF_MEMORY' }]
] as const) {
  t.test(`a worker that dies takes one job with it: ${what}`, async t => {
    const { order } = start(t)
    const first = await order('answer')
    const [dead, next] = await Promise.allSettled([order(what), order('answer')])
    t.match(dead, { status: 'rejected', reason: error })
    t.equal(next.status, 'fulfilled')
    t.not(next.status === 'fulfilled' && next.value, first, 'the next one has a new worker')
  })
}

t.test('a job that takes too long ends with its worker', async t => {
  const { order } = start(t)
  const [late, next] = await Promise.allSettled([order('hang', 1_000), order('answer')])
  t.match(late, { reason: { code: 'overloaded', statusCode: 503, cause: { message: 'A job took more than 1000 ms.' } } })
  t.equal(next.status, 'fulfilled', 'the next one has a new worker')
})

t.test('the line has a bound, and what waits is not loaded', async t => {
  const { pool, order } = start(t)
  let release = (): void => undefined
  const held = new Promise<void>(resolve => { release = resolve })
  let loaded = 0
  const load = async () => {
    loaded++
    await held
    return { kind: 'mesh' as const, bytes: Buffer.from('answer') }
  }
  const jobs = [1, 2, 3, 4].map(async () => pool.run(load))
  await sleep(20)
  await t.rejects(pool.run(load), { code: 'overloaded', extras: { retryAfter: 5 } })
  t.equal(loaded, 1)
  release()
  t.equal((await Promise.all(jobs)).length, 4)
  t.equal(loaded, 4)
  t.ok(await order('answer'), 'there is room again')
})

t.test('a job that cannot be loaded harms no other', async t => {
  const { pool, order } = start(t)
  await t.rejects(pool.run(async () => { throw new Error('no file') }), { message: 'no file' })
  t.ok(await order('answer'))
})

t.test('a worker without a job ends after a while', async t => {
  const { order } = start(t, { idle: 50 })
  const first = await order('answer')
  await sleep(300)
  t.not(await order('answer'), first)
})

t.test('a worker that cannot be started', async t => {
  const { order } = start(t, { startWorker: () => new Worker(new URL('./none.js', import.meta.url), { execArgv: [] }) })
  for (let i = 0; i < 2; i++) await t.rejects(order('answer'), { message: /Cannot find module/ })
})

t.test('what has not been done when it closes fails', async t => {
  const { pool, order } = start(t)
  await order('answer')
  const jobs = Promise.allSettled([order('hang'), order('answer')])
  await sleep(20)
  await pool.close()
  t.match(await jobs, [{ reason: { code: 'overloaded' } }, { reason: { code: 'overloaded' } }])
  await t.rejects(order('answer'), { code: 'overloaded' })
})
