import type { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { claimsIn, keysOf, ownPrefix, start, type Answer, type Running } from '../support/app.js'
import { startLab } from '../support/datasets.js'

const DAY = 86_400
const every = { '*': ['read'] }

interface Owner extends Running { token: string, id: string, create: (more?: Record<string, unknown>, token?: string) => Promise<Answer> }

async function startOwner (t: Test, env: Record<string, string> = {}, role = 'contributor'): Promise<Owner> {
  const running = await start(t, env)
  const { id } = await running.createUser('maker', { roles: [role] })
  const { access_token: token } = await running.login('maker')
  const create: Owner['create'] = (more = {}, by = token) => running.call('POST', '/v1/api-tokens', { token: by, body: { name: 'camera', datasets: every, ...more } })
  return { ...running, token, id, create }
}

const scansOf = (running: Running, token: string): Promise<Answer> => running.call('GET', '/v1/scans', { token })

t.test('a token is shown once, works, and is listed without its secret', async t => {
  const owner = await startOwner(t)
  const { call, token, create } = owner
  const { status, body, headers } = await create({ expires_in: 3600, datasets: { 'cam_*': ['write', 'read'], x: ['create'] }, meta: { place: 'greenhouse 2' } })
  t.equal(status, 201)
  t.equal(headers.location, `/v1/api-tokens/${body.id}`)
  t.equal(headers['cache-control'], 'no-store')
  const { token: secret, expires_in: seconds, next_eligible_at: next, ...listed } = body
  t.ok(seconds > 3590 && seconds <= 3600)
  t.ok(Date.parse(next) <= Date.now() + 1000)
  t.match(listed, {
    name: 'camera', datasets: { 'cam_*': ['read', 'write'], x: ['create'] }, scope: 'datasets:create datasets:read datasets:write', meta: { place: 'greenhouse 2' }, last_used: null, status: 'active', ended_at: null, ended_reason: null
  })
  t.match(claimsIn(secret), { type: 'api', sub: owner.id, username: 'maker', jti: listed.id, datasets: 'cam_*/read,write;x/create', scope: listed.scope })
  t.equal(JSON.parse(Buffer.from(secret.split('.')[0], 'base64url').toString()).typ, 'api+jwt')

  t.strictSame((await call('GET', `/v1/api-tokens/${listed.id}`, { token })).body, listed)
  t.strictSame((await call('GET', '/v1/api-tokens', { token })).body, { items: [listed], next: null })
  t.equal((await scansOf(owner, secret)).status, 200)
  const stored = await Promise.all((await keysOf(owner.app, owner.id)).map(async key => await (owner.app.redis as Redis).dump(key)))
  t.notOk(stored.some(value => value?.includes(secret.split('.')[2])), 'the token itself is kept nowhere')
})

t.test('the last use is noted at most once a minute', async t => {
  const owner = await startOwner(t)
  const { call, token, create, clock } = owner
  const { body: { token: secret, id } } = await create()
  const lastUsed = async (): Promise<number> => Date.parse((await call('GET', `/v1/api-tokens/${id}`, { token })).body.last_used)
  const before = Date.now()
  await scansOf(owner, secret)
  const first = await lastUsed()
  t.ok(first >= before && first <= Date.now())
  clock.advance(50)
  await scansOf(owner, secret)
  t.equal(await lastUsed(), first)
  clock.advance(15)
  await scansOf(owner, secret)
  t.ok(await lastUsed() >= first + 60_000)
})

t.test('an API token is good for data sets only: it cannot mint, manage or pass for another kind', async t => {
  const owner = await startOwner(t, {}, 'admin')
  const { call, create, app, refresh } = owner
  const { body: { token: secret, id } } = await create({ datasets: { '*': ['read', 'write', 'create', 'delete'] } })
  const rules = app.routeRules().filter(({ auth }) => typeof auth === 'object' && !auth.api)
  t.ok(rules.length > 20)
  for (const { method, url } of rules) {
    if (method === 'HEAD') continue
    const { status, body } = await call(method, url.replace(/:[a-z]+/g, 'x'), { token: secret, body: method === 'GET' ? undefined : {} })
    t.equal(status, 403, `${method} ${url}`)
    t.equal(body.code, 'api_token_not_accepted')
  }
  t.equal((await create({}, secret)).status, 403)
  t.match(await refresh(secret), { status: 401, body: { code: 'refresh_token_invalid' } })
  t.match(await call('POST', '/v1/auth/logout', { token: secret }), { status: 401 })
  t.equal((await call('GET', `/v1/api-tokens/${id}`, { token: owner.token })).body.status, 'active')
})

t.test('credentials that are no live API token are refused as such', async t => {
  const owner = await startOwner(t)
  const { create, clock, call, token, app, id } = owner
  const { body: { token: secret } } = await create({ expires_in: 100 })
  const [head, claims] = secret.split('.') as [string, string]
  t.match(await scansOf(owner, `${head}.${claims}.AAAA`), { status: 401, body: { code: 'api_token_invalid' }, headers: { 'www-authenticate': /error="invalid_token"/ } })
  const session = (await owner.login('maker')).access_token
  const forged = `${head}.${session.split('.')[1]}.${session.split('.')[2]}`
  t.equal((await scansOf(owner, forged)).status, 401, 'the head of another kind')

  clock.advance(103)
  t.match(await scansOf(owner, secret), { status: 401, body: { code: 'api_token_expired' } })
  t.match((await call('GET', '/v1/api-tokens?status=expired', { token })).body.items, [{ status: 'expired', ended_reason: 'expired' }])

  const { body: lost } = await create()
  await (app.redis as Redis).del(`${app.names.user(id)}:api-token:${lost.id}`)
  t.match(await scansOf(owner, lost.token), { status: 401, body: { code: 'api_token_invalid' } }, 'one that the store does not know')
})

t.test('a token is withdrawn at once, by its owner, by an admin, and over OAuth', async t => {
  const owner = await startOwner(t)
  const { call, token, create, login, id: user } = owner
  const admin = (await login('admin')).access_token
  const revoked = async (id: string, secret: string, reason: string): Promise<void> => {
    t.match(await scansOf(owner, secret), { status: 401, body: { code: 'api_token_revoked' } })
    t.match((await call('GET', `/v1/api-tokens/${id}`, { token })).body, { status: 'revoked', ended_reason: reason, ended_at: /^2/ })
  }
  const { body: one } = await create()
  t.equal((await call('DELETE', `/v1/api-tokens/${one.id}`, { token })).status, 204)
  await revoked(one.id, one.token, 'revoked')
  t.equal((await call('DELETE', `/v1/api-tokens/${one.id}`, { token })).status, 204, 'again')

  const { body: two } = await create()
  t.equal((await call('DELETE', `/v1/api-tokens/${two.id}`, { token: admin })).status, 404, 'admins have no tokens of others among their own')
  t.equal((await call('DELETE', `/v1/users/${user}/api-tokens/${two.id}`, { token })).status, 403)
  t.equal((await call('DELETE', `/v1/users/${user}/api-tokens/${two.id}`, { token: admin })).status, 204)
  await revoked(two.id, two.token, 'revoked_by_admin')

  const [{ body: three }, { body: four }] = await Promise.all([create(), create()])
  t.equal((await call('GET', `/v1/users/${user}/api-tokens`, { token: admin })).body.items.length, 2)
  t.equal((await call('DELETE', `/v1/users/${user}/api-tokens`, { token: admin })).status, 204)
  for (const { id, token: secret } of [three, four]) await revoked(id, secret, 'revoked_by_admin')

  const { body: five } = await create()
  t.equal((await call('POST', '/oauth/revoke', { body: new URLSearchParams({ token: five.token }).toString() })).status, 200)
  await revoked(five.id, five.token, 'revoked')
  t.equal((await call('DELETE', '/v1/api-tokens/unknown', { token })).status, 404)
  t.equal((await call('GET', '/v1/users/unknown/api-tokens', { token: admin })).status, 404)
})

t.test('replace ends the others in the same call', async t => {
  const owner = await startOwner(t)
  const { create, call, token } = owner
  const before = [(await create()).body, (await create()).body]
  const { body: latest } = await create({ replace: true })
  for (const { token: secret, id } of before) {
    t.equal((await scansOf(owner, secret)).status, 401)
    t.equal((await call('GET', `/v1/api-tokens/${id}`, { token })).body.ended_reason, 'new_token_generated')
  }
  t.equal((await scansOf(owner, latest.token)).status, 200)
  t.strictSame((await call('GET', '/v1/api-tokens', { token })).body.items.map(({ id }: { id: string }) => id), [latest.id])
  const racing = await Promise.all(Array.from({ length: 8 }, () => create({ replace: true })))
  const alive = await Promise.all(racing.map(async ({ body }) => (await scansOf(owner, body.token)).status))
  t.equal(alive.filter(status => status === 200).length, 1, 'of those that replace at the same moment one stays')
})

t.test('nobody gives a token more than they have, today and later', async t => {
  const owner = await startOwner(t)
  const { create, call, login, id } = owner
  const admin = (await login('admin')).access_token
  await owner.createUser('looker')
  const reader = (await login('looker')).access_token
  t.match(await create({ datasets: { '*': ['create'] } }, reader), { status: 403, body: { code: 'api_token_too_wide' } })
  const narrow = (await login('maker', undefined, { scope: 'api-tokens datasets:read' })).access_token
  t.match(await create({ datasets: { '*': ['write'] } }, narrow), { status: 403, body: { code: 'api_token_too_wide' } }, 'the access token has less than its account')
  t.match(await create({ scope: 'users' }), { status: 403, body: { code: 'insufficient_scope' } })

  const { body: { token: secret } } = await create({ datasets: { '*': ['create', 'read'] } })
  const make = (name: string): Promise<Answer> => call('POST', '/v1/scans', { token: secret, body: { id: name } })
  t.equal((await make('one')).status, 201)
  t.equal((await call('PATCH', `/v1/users/${id}`, { token: admin, body: { roles: ['reader'] } })).status, 200)
  t.equal((await make('two')).status, 403, 'demoted')
  t.equal((await scansOf(owner, secret)).status, 200)
  t.equal((await call('PATCH', `/v1/users/${id}`, { token: admin, body: { active: false } })).status, 200)
  t.match(await scansOf(owner, secret), { status: 401, body: { code: 'account_inactive' } })
  t.equal((await call('DELETE', `/v1/users/${id}`, { token: admin })).status, 204)
  t.equal((await scansOf(owner, secret)).status, 401)
})

t.test('a scope that is none is no scope that is missing, and gets into no header', async t => {
  const { create } = await startOwner(t)
  for (const scope of ['a"b, error="c', 'a\\b', 'a\r\nb: c', 'd\u00e9tail', 'a\tb', ' ', '']) {
    const refused = await create({ scope })
    t.match(refused, { status: 400, body: { code: 'invalid_request', errors: [{ path: '/scope' }] } }, JSON.stringify(scope))
    t.notOk('www-authenticate' in refused.headers)
  }
})

t.test('a token may have less than its permissions would need', async t => {
  const owner = await startOwner(t)
  const { body } = await owner.create({ datasets: { '*': ['read', 'write'] }, scope: 'datasets:read' })
  t.equal(body.scope, 'datasets:read')
  t.equal((await scansOf(owner, body.token)).status, 200)
  t.equal((await owner.call('PATCH', '/v1/scans/x/metadata', { token: body.token, body: {} })).status, 403)
})

t.test('creations that race at a daily limit of 2 give 2, and the day is one that rolls', async t => {
  const owner = await startOwner(t, { API_TOKEN_DAILY_LIMIT: '2', AUTH_MAX_AGE: String(10 * DAY), SESSION_TIMEOUT: String(10 * DAY), REFRESH_TIMEOUT: String(10 * DAY) })
  const { create, call, token, clock } = owner
  const answers = await Promise.all(Array.from({ length: 20 }, () => create()))
  t.equal(answers.filter(({ status }) => status === 201).length, 2)
  const refused = answers.filter(({ status }) => status === 429)
  t.equal(refused.length, 18)
  for (const { body, headers } of refused) {
    t.equal(body.code, 'api_token_limit_reached')
    t.ok(Math.abs(Date.parse(body.next_eligible_at) - Date.now() - DAY * 1000) < 10_000)
    t.ok(Math.abs(Number(headers['retry-after']) - DAY) <= 10)
  }
  const eligibility = async () => (await call('GET', '/v1/api-tokens/eligibility', { token })).body
  t.match(await eligibility(), { eligible: false, used_today: 2, daily_limit: 2, reason: 'daily_limit' })
  for (const { body } of answers) if (body.id) await call('DELETE', `/v1/api-tokens/${body.id}`, { token })
  t.equal((await create()).status, 429, 'withdrawing a token gives none back')

  clock.advance(DAY / 2)
  t.equal((await create()).status, 429)
  clock.advance(DAY / 2 + 5)
  t.match(await eligibility(), { eligible: true, used_today: 0, reason: null })
  t.equal((await create()).status, 201)
})

t.test('a cooldown holds over midnight', async t => {
  const owner = await startOwner(t, { API_TOKEN_COOLDOWN: String(DAY / 2), AUTH_MAX_AGE: String(10 * DAY), SESSION_TIMEOUT: String(10 * DAY), REFRESH_TIMEOUT: String(10 * DAY) })
  const { create, clock, call, token } = owner
  const untilMidnight = DAY - (Date.now() / 1000) % DAY
  clock.advance(untilMidnight + DAY - 3600)
  t.equal((await create()).status, 201)
  clock.advance(2 * 3600)
  const { status, body } = await create()
  t.equal(status, 429, 'another day, the same cooldown')
  t.match((await call('GET', '/v1/api-tokens/eligibility', { token })).body, { eligible: false, used_today: 1, daily_limit: 100, next_eligible_at: body.next_eligible_at, reason: 'cooldown' })
  clock.advance(10 * 3600 + 5)
  t.equal((await create()).status, 201)
})

t.test('requests that make no token say what is wrong', async t => {
  const { create, call, token } = await startOwner(t)
  const refused = async (more: Record<string, unknown>, status: number, code: string): Promise<void> => {
    t.match(await create(more), { status, body: { code } }, JSON.stringify(more).slice(0, 80))
  }
  await refused({ expires_at: '2020-01-01T00:00:00Z' }, 422, 'expiry_in_past')
  await refused({ expires_at: '2020-01-01' }, 422, 'expiry_in_past')
  await refused({ expires_at: '2999-01-01' }, 422, 'expiry_too_far')
  await refused({ expires_at: 'soon' }, 400, 'invalid_request')
  await refused({ expires_in: 5, expires_at: '2999-01-01' }, 400, 'invalid_request')
  await refused({ datasets: { '*': ['own'] } }, 422, 'api_token_grants_invalid')
  await refused({ datasets: {} }, 422, 'api_token_grants_invalid')
  for (const more of [{ name: '' }, { name: undefined }, { expires_in: 0 }, { expires_in: '60' }, { expires_in: 1e12 }, { datasets: ['*'] }, { datasets: { '*': 'read' } }, { datasets: undefined }, { replace: 'yes' }, { meta: [] }, { unknown: 1 }, { meta: { text: 'x'.repeat(3000) } }]) {
    await refused(more, 400, 'invalid_request')
  }
  t.strictSame((await call('GET', '/v1/api-tokens?status=all', { token })).body.items, [], 'nothing was counted or kept')
  t.equal((await call('GET', '/v1/api-tokens/eligibility', { token })).body.used_today, 0)
  t.equal((await call('GET', '/v1/api-tokens?status=dead', { token })).status, 400)
  t.equal((await call('GET', '/v1/api-tokens?cursor=AAAA', { token })).status, 400)
})

t.test('lists are paged, filtered, and forget what ended 90 days ago', async t => {
  const owner = await startOwner(t, { SESSION_TIMEOUT: String(400 * DAY), REFRESH_TIMEOUT: String(400 * DAY), SESSION_MAX_AGE: String(400 * DAY) })
  const { create, call, token, clock, app, id: user } = owner
  const made: string[] = []
  for (let i = 0; i < 7; i++) {
    made.unshift((await create({ name: `n${i}`, expires_in: i < 2 ? 100 : 30 * DAY })).body.id)
    clock.advance(1)
  }
  await call('DELETE', `/v1/api-tokens/${made[0]}`, { token })
  clock.advance(200)
  const list = async (query: string): Promise<string[]> => {
    const found: string[] = []
    for (let cursor = ''; ;) {
      const { status, body } = await call('GET', `/v1/api-tokens?limit=2&${query}${cursor}`, { token })
      if (status !== 200) throw new Error(JSON.stringify(body))
      found.push(...body.items.map((item: { id: string }) => item.id))
      if (body.next === null) return found
      cursor = `&cursor=${body.next}`
    }
  }
  t.strictSame(await list('status=all'), made, 'the latest first')
  t.strictSame(await list(''), made.slice(1, 5))
  t.strictSame(await list('status=revoked'), [made[0]])
  t.strictSame(await list('status=expired'), made.slice(5))
  const { body: third } = await call('GET', `/v1/api-tokens/${made[4]}`, { token })
  t.strictSame(await list(`status=all&since=${encodeURIComponent(third.created)}`), made.slice(0, 5))

  clock.advance(91 * DAY)
  t.strictSame(await list('status=expired'), made.slice(1, 5), 'those of the end of the month are still there')
  t.strictSame(await list('status=revoked'), [])
  clock.advance(31 * DAY)
  t.strictSame(await list('status=all'), [])
  t.strictSame((await keysOf(app, user)).filter(key => key.includes('api-token') && !key.endsWith(':issued')), [], 'nothing is left of them')
})

t.test('a token works through a restart and on every replica', async t => {
  const env = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 7).toString('base64')}` }
  const one = await startOwner(t, env)
  const two = await start(t, env)
  const { body } = await one.create()
  t.equal((await scansOf(two, body.token)).status, 200)
  await one.call('DELETE', `/v1/api-tokens/${body.id}`, { token: one.token })
  t.equal((await scansOf(two, body.token)).status, 401)
})

t.test('what a token may see of the data sets', async t => {
  const lab = await startLab(t)
  for (const id of ['cam_1', 'cam_2', 'other']) await lab.createScan(id, { visibility: 'private' })
  const issue = async (datasets: object): Promise<string> => (await lab.send('POST', '/v1/api-tokens', { name: 'x', datasets })).body.token
  const camera = await issue({ 'cam_*': ['read', 'write'], other: ['write'] })
  t.strictSame((await scansOf(lab, camera)).body.items.map(({ id }: { id: string }) => id), ['cam_1', 'cam_2'])
  t.equal((await lab.call('GET', '/v1/scans/none', { token: camera })).status, 404)
  t.equal((await lab.call('GET', '/v1/scans/other', { token: camera })).status, 403, 'it may write to it, so it knows of it')
  t.equal((await lab.call('PATCH', '/v1/scans/other/metadata', { token: camera, body: { said: 1 } })).status, 204, 'and is not shown what it may not read')
  const blind = await issue({ cam_1: ['read'] })
  t.equal((await lab.call('GET', '/v1/scans/cam_2', { token: blind })).status, 404, 'it is not told that there is one')
  const maker = await issue({ 'new_*': ['create'] })
  t.equal((await lab.call('POST', '/v1/scans', { token: maker, body: { id: 'new_1' } })).status, 201)
  t.equal((await lab.call('POST', '/v1/scans', { token: maker, body: { id: 'old_1' } })).status, 403)
  t.equal((await lab.call('POST', '/v1/scans/old_1/archive', { token: maker, body: {} })).status, 403, 'refused before the body is looked at')
})
