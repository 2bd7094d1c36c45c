import t from 'tap'
import { start } from '../support/app.js'
import { begin, poll, startPairing, withUser, wordOf, type Pairing } from '../support/pairing.js'

const issued = async ({ call, token }: Pairing, status: string): Promise<any[]> => (await call('GET', `/v1/api-tokens?status=${status}`, { token })).body.items

t.test('of several decisions at the same moment one counts', async t => {
  const running = await startPairing(t)
  const { approve, deny, look } = running
  for (const decide of [[approve, approve, approve, approve], [approve, deny, approve, deny], [deny, deny]]) {
    const { body: { device_code: device, user_code: code } } = await begin(running)
    const before = (await issued(running, 'active')).length
    const statuses = (await Promise.all(decide.map(act => act(code)))).map(({ status }) => status)
    t.strictSame(statuses.filter(status => status !== 409).length, 1, statuses.join())
    const isApproved = statuses.includes(200)
    t.equal(wordOf(await poll(running, device)), isApproved ? 'token' : 'access_denied')
    t.equal((await issued(running, 'active')).length, before + (isApproved ? 1 : 0), 'and no token is left of the others')
    t.match(await look(code), { status: 409, body: { code: 'user_code_used' } })
  }
  t.ok((await issued(running, 'revoked')).every(({ ended_reason: reason }) => reason === 'pairing_closed'))
})

t.test('nobody approves more than they may do themselves, and what they may not leaves the code as it was', async t => {
  const running = await startPairing(t, {}, 'reader')
  const { approve, call, login } = running
  const { body: { user_code: code, device_code: device } } = await begin(running, { datasets: '*/create', scope: 'datasets:create' })
  const expect = async (more: object, status: number, problem: string): Promise<void> => {
    t.match(await approve(code, { datasets: { '*': ['read'] }, ...more }), { status, body: { code: problem } }, JSON.stringify(more))
  }
  await expect({ datasets: { '*': ['create'] } }, 403, 'api_token_too_wide')
  await expect({ datasets: { '*': ['fly'] } }, 422, 'api_token_grants_invalid')
  await expect({ datasets: {} }, 422, 'api_token_grants_invalid')
  await expect({ name: '' }, 400, 'invalid_request')
  await expect({ scope: 'users' }, 400, 'invalid_request')
  await expect({ expires_at: '2020-01-01' }, 422, 'expiry_in_past')
  await expect({ expires_in: 1, expires_at: '2099-01-01' }, 400, 'invalid_request')

  const { access_token: narrow } = await login('maker', undefined, { scope: 'api-tokens datasets:read' })
  t.match(await withUser(running, narrow).approve(code, { datasets: { '*': ['write'] } }), { status: 403, body: { code: 'api_token_too_wide' } }, 'nor more than their token')
  const { access_token: without } = await login('maker', undefined, { scope: 'datasets:read' })
  for (const act of Object.values({ look: withUser(running, without).look, deny: withUser(running, without).deny })) t.match(await act(code), { status: 403, body: { code: 'insufficient_scope' } })
  const { body: { token: machine } } = await call('POST', '/v1/api-tokens', { token: running.token, body: { name: 'x', datasets: { '*': ['read'] } } })
  t.match(await withUser(running, machine).approve(code), { status: 403, body: { code: 'api_token_not_accepted' } })
  t.match(await call('POST', '/v1/devices/approve', { body: {} }), { status: 401, body: { code: 'authentication_required' } })

  t.equal((await approve(code, { datasets: { '*': ['read'] }, expires_in: 60 })).status, 200)
  t.match(await poll(running, device), { status: 200, body: { scope: 'datasets:read', datasets: '*/read' } })
})

t.test('what a device may do shrinks with what its user may do', async t => {
  const running = await startPairing(t)
  const { body: { user_code: code, device_code: device } } = await begin(running)
  await running.approve(code)
  const { id } = (await running.app.accountStore.byUsername('maker'))!
  const admin = (await running.login('admin')).access_token
  t.equal((await running.call('PATCH', `/v1/users/${id}`, { token: admin, body: { roles: ['reader'] } })).status, 200)
  const { body: { access_token: token } } = await poll(running, device)
  t.match(await running.call('POST', '/v1/scans', { token, body: { id: 'cam_1' } }), { status: 403, body: { code: 'insufficient_scope' } })
})

t.test('approved tokens count like all others', async t => {
  const running = await startPairing(t, { API_TOKEN_DAILY_LIMIT: '1' })
  const [first, second] = [await begin(running), await begin(running)]
  t.equal((await running.approve(first.body.user_code)).status, 200)
  const refused = await running.approve(second.body.user_code)
  t.match(refused, { status: 429, body: { code: 'api_token_limit_reached' } })
  t.type(refused.headers['retry-after'], 'string')
  t.equal(wordOf(await poll(running, second.body.device_code)), 'authorization_pending', 'the device waits on')
  t.equal((await running.deny(second.body.user_code)).status, 204)
})

t.test('codes cannot be guessed: tries are limited per user and per address', async t => {
  const running = await startPairing(t, { RATE_LIMIT: 'on', USER_CODE_LIMIT: '2' })
  const { look, approve, deny, clock } = running
  const { body: { user_code: code, device_code: device } } = await begin(running)
  t.equal((await look('BBBB-BBBB')).status, 404)
  t.equal((await approve('BBBB-BBBC')).status, 404)
  for (const act of [look, approve, deny]) {
    const refused = await act(code)
    t.match(refused, { status: 429, body: { code: 'too_many_requests' } }, 'the right one, too')
    t.ok(Number(refused.headers['retry-after']) > 0)
  }
  for (const name of ['b', 'c', 'd', 'e']) {
    await running.createUser(name)
    const other = withUser(running, (await running.login(name)).access_token)
    t.strictSame([(await other.look('XXXX-XXXX')).status, (await other.look('XXXX-XXXX')).status], [404, 404], name)
  }
  await running.createUser('f')
  t.equal((await withUser(running, (await running.login('f')).access_token).look(code)).status, 429, 'many accounts at one address share a limit')
  clock.advance(601)
  t.equal(wordOf(await poll(running, device)), 'expired_token')
})

t.test('an address may not have any number of devices wait', async t => {
  const running = await start(t, { RATE_LIMIT: 'on', DEVICE_LIMIT: '3' })
  const answers = [await begin(running), await begin(running), await begin(running), await begin(running)]
  t.strictSame(answers.map(wordOf), ['token', 'token', 'token', '429 temporarily_unavailable'])
  t.ok(Number(answers[3]!.headers['retry-after']) > 0)
})

t.test('the page is one that nobody can frame or add a script to', async t => {
  const { call } = await start(t)
  const { status, headers, body } = await call('GET', '/device')
  t.equal(status, 200)
  t.match(headers, { 'content-type': 'text/html; charset=utf-8', 'x-frame-options': 'DENY', 'referrer-policy': 'no-referrer', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  const policy = String(headers['content-security-policy']).split('; ')
  for (const directive of ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"]) t.ok(policy.includes(directive), directive)
  t.notMatch(policy.join(), /unsafe|https?:|\*/)
  t.notMatch(body, /<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|https?:\/\//i, 'nothing inline, nothing from elsewhere')
  for (const [, asset] of String(body).matchAll(/(?:src|href)="([^"]+)"/g)) t.match(await call('GET', `/${asset}`), { status: 200, headers: { 'x-content-type-options': 'nosniff' } }, String(asset))
})
