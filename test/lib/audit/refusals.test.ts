import t from 'tap'
import { owners } from '#lib/audit/owners.js'
import { createRefusals, type Refusal } from '#lib/audit/refusals.js'
import type { NewEvent } from '#lib/audit/store.js'

const byItself = <T>(act: () => T): T => act()

const refusal = (more: Partial<Refusal> = {}): Refusal =>
  ({ code: 'access_token_invalid', user: undefined, session: undefined, route: '/v1/users/me', method: 'GET', request: 'req-1', ...more })

t.test('a refusal is in the store when it may be answered', async t => {
  let write = (): void => {}
  const written = new Promise<void>(resolve => { write = resolve })
  const steps: string[] = []
  const { note, flush } = createRefusals({ byItself, record: async () => { await written; steps.push('recorded') }, onError: error => t.fail(String(error)) })
  const noted = note(refusal()).then(() => steps.push('answered'))
  await new Promise(setImmediate)
  t.strictSame(steps, [], 'it waits')
  write()
  await noted
  t.strictSame(steps, ['recorded', 'answered'])
  await flush()
})

t.test('one that cannot be recorded is answered all the same', async t => {
  const errors: unknown[] = []
  const { note, flush } = createRefusals({ byItself, record: async () => { throw new Error('away') }, onError: error => errors.push(error) })
  await note(refusal())
  t.match(errors, [{ message: 'away' }])
  await flush()
})

t.test('ten of each owner are recorded, and of the rest how many they were', async t => {
  const events: Array<[string, NewEvent]> = []
  const { note, flush } = createRefusals({ byItself, record: async (owner, event) => { events.push([owner, event]) }, onError: error => t.fail(String(error)) })
  for (let n = 0; n < 13; n++) await note(refusal())
  await note(refusal({ user: 'ada', code: 'not_permitted', session: 's1' }))
  await note(refusal({ code: 'not_found' }))
  t.equal(events.length, 11, 'the rest waits, whatever is no refusal of credentials or rights is none')
  t.match(events.at(-1), ['ada', { action: 'access_denied', session: 's1', details: { code: 'not_permitted' } }])
  await flush()
  t.strictSame(events.slice(11), [[owners.anonymous, { action: 'refusals_counted', details: { count: 3 } }]])
})
