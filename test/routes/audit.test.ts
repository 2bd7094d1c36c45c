import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import t from 'tap'
import { createReading } from '#lib/audit/reading.js'
import type { AuditEvent } from '#lib/audit/schema.js'
import { createAudit } from '#lib/audit/service.js'
import { PASSWORD, start, type Running } from '../support/app.js'
import { newHolder } from '../support/dpop.js'

type Filter = Record<string, string | number>

/** All pages of the list. */
async function eventsOf ({ call }: Running, token: string, filter: Filter = {}): Promise<AuditEvent[]> {
  const found: AuditEvent[] = []
  let cursor: string | null = null
  do {
    const query: URLSearchParams = new URLSearchParams({ ...Object.fromEntries(Object.entries(filter).map(([name, value]) => [name, String(value)])), ...(cursor === null ? {} : { cursor }) })
    const { status, body } = await call('GET', `/v1/audit?${query.toString()}`, { token })
    if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    found.push(...body.items as AuditEvent[])
    cursor = body.next
  } while (cursor !== null)
  return found
}

t.test('refused credentials and rights are recorded by error, route and method, with nothing that was sent', async t => {
  const running = await start(t)
  const { call, login, createUser, refresh, clock } = running
  const ada = await createUser('ada')
  const admin = (await login('admin')).access_token
  const pair = await login('ada')
  const read = (user: string) => () => eventsOf(running, admin, { user, kind: 'refusals' })

  await t.test('of an account that is known by its token', async t => {
    await call('GET', '/v1/users/secret-thing?x=hush', { token: pair.access_token })
    await call('POST', '/v1/api-tokens', { token: pair.access_token, body: { name: 'x', datasets: { '*': ['create'] } } })
    await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD, scope: 'users' } })
    await refresh(pair.refresh_token, undefined, { scope: 'users' })
    t.match(await read(ada.id)(), [
      { action: 'access_denied', user: ada.id, by: null, session: pair.session_id, result: 'failure', details: { code: 'insufficient_scope', route: '/v1/auth/refresh', method: 'POST' } },
      { action: 'access_denied', session: null, details: { code: 'insufficient_scope', route: '/v1/auth/login' } },
      { action: 'access_denied', by: ada.id, session: pair.session_id, details: { code: 'api_token_too_wide', route: '/v1/api-tokens' } },
      { action: 'access_denied', session: pair.session_id, details: { code: 'insufficient_scope', route: '/v1/users/:id', method: 'GET' } }
    ], 'more than is theirs')
    await call('POST', '/v1/auth/logout', { token: pair.access_token })
    await call('GET', '/v1/users/me', { token: pair.access_token })
    t.match((await read(ada.id)()).slice(0, 1), [{ action: 'credentials_refused', session: pair.session_id, details: { code: 'session_ended', route: '/v1/users/me' } }], 'an ended session')
    clock.advance(1000)
    const later = (await login('admin')).access_token
    await call('GET', '/v1/users/me', { token: pair.access_token })
    t.match((await eventsOf(running, later, { user: ada.id, kind: 'refusals' })).filter(({ details }) => details.code === 'access_token_expired'), [{ action: 'credentials_refused' }], 'an expired token')
  })

  await t.test('of who has a token that is bound to a key, and not the key', async t => {
    const holder = newHolder(running)
    const bound = (await holder.login('ada', PASSWORD)).body
    await call('GET', '/v1/users/me', { token: bound.access_token })
    await call('POST', '/v1/auth/refresh', { body: { refresh_token: bound.refresh_token } })
    const later = (await login('admin')).access_token
    t.match((await eventsOf(running, later, { user: ada.id, kind: 'refusals' })).slice(0, 2), [
      { action: 'credentials_refused', session: bound.session_id, details: { code: 'invalid_dpop_proof', route: '/v1/auth/refresh' } },
      { action: 'credentials_refused', session: bound.session_id, details: { code: 'access_token_bound', route: '/v1/users/me' } }
    ])
  })

  await t.test('in each way of writing errors', async t => {
    const admin = (await login('admin')).access_token
    const latest = async (user: string) => (await eventsOf(running, admin, { user, kind: 'refusals' }))[0]
    await call('POST', '/token-validation', { token: 'nonsense' })
    t.match(await latest('anonymous'), { action: 'credentials_refused', details: { code: 'access_token_invalid', route: '/token-validation' } }, 'as PlantDB does')
    await call('POST', '/oauth/token', { body: 'grant_type=refresh_token&refresh_token=nonsense' })
    t.match(await latest('anonymous'), { action: 'credentials_refused', details: { code: 'refresh_token_invalid', route: '/oauth/token' } }, 'as OAuth does')
  })

  await t.test('of nobody', async t => {
    const admin = (await login('admin')).access_token
    await call('GET', '/v1/users/me', { token: `${pair.access_token}x` })
    t.match(await eventsOf(running, admin, { user: 'anonymous' }), [{ action: 'credentials_refused', user: null, by: null, session: null, details: { code: 'access_token_invalid', route: '/v1/users/me', method: 'GET' } }], 'a token that is not ours')
  })
})

t.test('a stranger cannot make many refusals many writes', async t => {
  const running = await start(t)
  const { access_token: token } = await running.login('admin')
  const began = performance.now()
  await Promise.all(Array.from({ length: 200 }, () => running.call('GET', '/v1/users/me', { token: 'nonsense' })))
  const seconds = 1 + Math.ceil((performance.now() - began) / 1000)
  const read = () => eventsOf(running, token, { user: 'anonymous' })
  const counted = (events: AuditEvent[]): number => events.reduce((sum, { details }) => sum + Number(details.count ?? 1), 0)
  let events = await read()
  for (const deadline = Date.now() + 60_000; counted(events) < 200 && Date.now() < deadline; events = await read()) await sleep(100)
  t.equal(counted(events), 200)
  t.match(events.find(({ action }) => action === 'refusals_counted'), { by: 'system', device: null, details: { count: /\d/ } }, 'the rest is counted, by the service and not by one of them')
  t.ok(events.length <= 11 * seconds, `${events.length} events in ${seconds} seconds`)
})

t.test('failed logins are recorded with their reason, and many of them are an attack', async t => {
  const running = await start(t)
  const { app, call, login, createUser } = running
  const ada = await createUser('ada')
  const gone = await createUser('gone')
  const { access_token: token } = await login('admin')
  await call('PATCH', `/v1/users/${gone.id}`, { token, body: { active: false } })
  const attempt = (username: string, password: string) => call('POST', '/v1/auth/login', { body: { username, password } })

  await attempt('ada', 'wrong')
  await attempt('gone', PASSWORD)
  await attempt('nobody', 'hush-hush')
  const failed = async (user: string) => await eventsOf(running, token, { user, action: 'login_failed' })
  t.match(await failed(ada.id), [{ user: ada.id, device: { ip: '127.0.0.1', user_agent: 'lightMyRequest' }, by: null, session: null, result: 'failure', reason: 'wrong_password' }])
  t.match(await failed(gone.id), [{ reason: 'inactive' }])
  t.match(await failed('anonymous'), [{ user: null, reason: 'unknown_user', device: { ip: '127.0.0.1' } }])

  for (let failure = 4; failure <= 40; failure++) await app.auditStore.failedLogin({ user: ada.id, address: '127.0.0.1', reason: 'wrong_password' })
  const attacks = await eventsOf(running, token, { action: 'brute_force' })
  t.match(attacks, [
    { user: null, reason: 'address', details: { failures: 30 } },
    { user: ada.id, reason: 'account', details: { failures: 20 } },
    { user: ada.id, reason: 'account', details: { failures: 10 } }
  ])
})

t.test('an unexpected error is recorded for admins, with no value', async t => {
  const running = await start(t, {}, app => {
    app.get('/broken/:what', { config: { auth: 'public' } }, () => { throw new Error('hush-hush') })
  })
  const { call, login, createUser } = running
  await createUser('ada')
  const [admin, ada] = [(await login('admin')).access_token, (await login('ada')).access_token]
  const { body } = await call('GET', '/broken/secret-thing?x=hush')
  t.match(await eventsOf(running, admin, { kind: 'errors' }), [{ action: 'internal_error', user: null, details: { code: 'internal_error', request: body.request_id, route: '/broken/:what', method: 'GET' } }], 'an error')
  t.notMatch(JSON.stringify(await eventsOf(running, admin, { kind: 'errors' })), /hush|secret-thing/)
  t.match(await call('GET', '/v1/audit?kind=errors', { token: ada }), { status: 403, body: { code: 'not_permitted' } })
})

t.test('a user sees the own events, an admin all', async t => {
  const running = await start(t)
  const { app, call, login, createUser } = running
  const [ada, bob] = [await createUser('ada'), await createUser('bob')]
  const tokens = { admin: (await login('admin')).access_token, ada: (await login('ada')).access_token }
  for (const { id } of [ada, bob]) await app.auditStore.record(id, { action: 'brute_force', details: { of: id } })
  t.ok((await eventsOf(running, tokens.ada)).every(({ user }) => user === ada.id))
  t.match(await eventsOf(running, tokens.ada, { user: ada.id, action: 'brute_force' }), [{ details: { of: ada.id } }])
  t.match(await call('GET', `/v1/audit?user=${bob.id}`, { token: tokens.ada }), { status: 403, body: { code: 'not_permitted' } })
  t.strictSame((await eventsOf(running, tokens.admin, { action: 'brute_force' })).map(({ user }) => user).sort(), [ada.id, bob.id].sort())
  t.match(await eventsOf(running, tokens.admin, { user: bob.id }), [{ user: bob.id }])

  await t.test('and where somebody else did it is for admins', async t => {
    const device = { ip: '192.0.2.7', user_agent: null, label: null }
    await app.acting.run(() => ({ by: bob.id, session: 's', device }), () => app.auditStore.record(ada.id, { action: 'brute_force' }))
    t.match((await eventsOf(running, tokens.ada, { action: 'brute_force' }))[0], { by: bob.id, device: null })
    t.match((await eventsOf(running, tokens.admin, { action: 'brute_force' }))[0], { by: bob.id, device })
  })

  await t.test('and a device that cannot be read costs itself only', async t => {
    const { key } = app.auditStore.streamsOf(ada.id)[0]!
    await app.redis.xadd(key, '*', 'action', 'brute_force', 'by', '', 'session', '', 'reason', '', 'device', '1.x.spoilt', 'details', '{broken')
    t.match((await eventsOf(running, tokens.ada, { action: 'brute_force' })), [{ device: null, details: {} }, { by: bob.id }, { by: 'system' }])
  })
  t.match(await call('GET', '/v1/audit?cursor=nonsense', { token: tokens.ada }), { status: 400 })

  await t.test('as one list by time, whatever comes in while it is read', async t => {
    const users = await Promise.all(Array.from({ length: 8 }, (_, n) => createUser(`user-${n}`)))
    const add = async (n: number): Promise<void> => {
      await app.auditStore.record(users[n * 5 % 8]!.id, { action: n % 2 === 0 ? 'brute_force' : 'access_denied', details: { n } })
    }
    await Promise.all(Array.from({ length: 100 }, (_, n) => add(n)))
    const numbers = (events: AuditEvent[]): number[] => events.flatMap(({ details }) => typeof details.n === 'number' ? [details.n] : [])

    let going = true
    let added = 100
    const writer = (async () => { while (going) await Promise.all([add(added++), add(added++), add(added++), sleep(10)]) })()
    const lists = [await eventsOf(running, tokens.admin, { limit: 7 }), await eventsOf(running, tokens.admin, { limit: 19 })]
    going = false
    await writer
    for (const events of lists) {
      t.strictSame(events.map(({ time }) => time), events.map(({ time }) => time).sort().reverse(), 'in the order of time')
      t.equal(new Set(events.map(({ id }) => id)).size, events.length, 'no event twice')
      const found = numbers(events).sort((a, b) => a - b)
      t.strictSame(found.slice(0, 100), Array.from({ length: 100 }, (_, n) => n), 'and none left out')
      t.ok(found.at(-1)! - found.length <= 3, 'also of those that came in meanwhile')
    }

    const all = await eventsOf(running, tokens.admin, { limit: 500 })
    const [since, until] = [all[80]!.time, all[40]!.time]
    t.strictSame(await eventsOf(running, tokens.admin, { since, until, limit: 9 }), all.filter(({ time }) => time >= since && time < until), 'between two times')
    t.strictSame(await eventsOf(running, tokens.admin, { kind: 'refusals', limit: 40 }), all.filter(({ action }) => action === 'access_denied'), 'of one kind')
  })
})

t.test('what comes in between the two looks of a page is on none of its pages', async t => {
  const { app, createUser } = await start(t)
  const users = await Promise.all(Array.from({ length: 5 }, (_, n) => createUser(`user-${n}`)))
  for (const { id } of users) await app.auditStore.record(id, { action: 'brute_force', details: { late: false } })
  const [oldest, latest] = [users[0]!.id, users[4]!.id]
  const comeIn = async (): Promise<void> => {
    for (const id of [oldest, latest]) await app.auditStore.record(id, { action: 'brute_force', details: { late: true } })
  }
  let between: Promise<void> | undefined
  const redis = Object.create(app.redis, {
    xrevrange: {
      value: async (...args: Parameters<Redis['xrevrange']>) => {
        // The second look reads whole pages of those streams whose newest events were the latest.
        if (args.at(-1) !== 1) await (between ??= comeIn())
        return await app.redis.xrevrange(...args)
      }
    }
  }) as Redis
  const audit = createAudit({ store: app.auditStore, reading: createReading(redis), open: async () => null, now: Date.now })
  const found: AuditEvent[] = []
  let cursor: string | null | undefined
  do {
    const { items, next } = await audit.list({ user: '', all: true }, { limit: 2, ...(cursor ? { cursor } : {}) })
    found.push(...items)
    cursor = next
  } while (cursor !== null)
  t.ok(between)
  t.strictSame(found.filter(({ details }) => details.late === true), [], 'neither the one that would be on the page, nor one that would be missing')
  t.equal(found.filter(({ details }) => details.late === false).length, 5)
})

t.test('streams are capped, by number and by age, and noise does not push out the rest', async t => {
  const { app, clock, createUser } = await start(t)
  const { redis, auditStore } = app
  const ada = await createUser('ada')
  const [major = '', minor = ''] = auditStore.streamsOf(ada.id).map(({ key }) => key)
  for (let n = 0; n < 25; n++) await Promise.all(Array.from({ length: 100 }, () => auditStore.record(ada.id, { action: 'login_failed' })))
  const kept = await redis.xlen(minor)
  t.ok(kept >= 2000 && kept < 2200, `${kept} of 2500`)
  t.equal(await redis.xlen(major), 1, 'the account_created is still there')

  const fields = ['action', 'login', 'by', '', 'session', '', 'reason', '', 'device', '', 'details', '']
  const fill = (redis as Redis).pipeline()
  for (let n = 0; n < 10_500; n++) fill.xadd(major, '*', ...fields)
  await fill.exec()
  await auditStore.record(ada.id, { action: 'brute_force' })
  const most = await redis.xlen(major)
  t.ok(most >= 10_000 && most < 10_200, `${most} of 10502`)

  clock.advance(401 * 86_400)
  await auditStore.record(ada.id, { action: 'brute_force' })
  t.ok(await redis.xlen(major) < 200, 'what is older than 400 days is gone, to the node of the stream')
  t.ok(await redis.pttl(major) > 399 * 86_400_000)
})
