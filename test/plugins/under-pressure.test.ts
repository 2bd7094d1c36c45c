import { setImmediate as breathe, setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { start, type Running } from '../support/app.js'

/** Keeps the event loop late by 200 ms, for so many milliseconds. */
async function beBusy (ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; await breathe()) {
    for (const turn = performance.now() + 200; performance.now() < turn;);
  }
}

const ask = ({ call }: Running) => call('GET', '/v1/users/me')

t.test('a process that does not keep up takes no calls until it does again', async t => {
  const running = await start(t, {}, undefined, { delay: 100, grace: 0 })
  t.equal((await ask(running)).status, 401)
  await beBusy(2_500)
  t.equal((await running.call('GET', '/health/live')).status, 200, 'it is alive')
  t.match(await ask(running), { status: 503, headers: { 'retry-after': '5' }, body: { code: 'overloaded' } })
  while ((await ask(running)).status === 503) await sleep(50)
  t.equal((await ask(running)).status, 401)
})

t.test('one that has just started takes them', async t => {
  const running = await start(t, {}, undefined, { delay: 100, grace: 60_000 })
  await beBusy(2_500)
  t.equal((await ask(running)).status, 401)
})
