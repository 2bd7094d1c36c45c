import t from 'tap'
import { createTurns } from '#lib/threads/turns.js'

t.test('a caller has one piece of work done at a time, and waits for nobody else', async t => {
  const inTurn = createTurns(2)
  const began: string[] = []
  const ends: Array<() => void> = []
  const work = (caller: string) => inTurn(caller, () => {
    began.push(caller)
    return new Promise<string>(resolve => ends.push(() => resolve(caller)))
  })
  const adas = [work('ada'), work('ada'), work('ada')]
  await t.rejects(work('ada'), { code: 'overloaded', extras: { retryAfter: 5 } }, 'the line has an end')
  const grace = work('grace')
  await new Promise(setImmediate)
  t.strictSame(began, ['ada', 'grace'])
  while (began.length < 4 || ends.length > 0) {
    ends.shift()?.()
    await new Promise(setImmediate)
  }
  t.strictSame(await Promise.all([...adas, grace]), ['ada', 'ada', 'ada', 'grace'])
  const again = work('ada')
  await new Promise(setImmediate)
  ends.shift()!()
  t.equal(await again, 'ada', 'there is room again')
})

t.test('work that fails gives the turn on', async t => {
  const inTurn = createTurns(2)
  const [failed, next] = await Promise.allSettled([inTurn('ada', async () => { throw new Error('no') }), inTurn('ada', async () => 'done')])
  t.match([failed, next], [{ reason: { message: 'no' } }, { value: 'done' }])
})
