import t from 'tap'
import { start, type Running } from '../support/app.js'

const revoke = (call: Running['call'], parameters: Record<string, string>) =>
  call('POST', '/oauth/revoke', { body: new URLSearchParams(parameters).toString() })

for (const kind of ['refresh_token', 'access_token'] as const) {
  for (const hint of [undefined, 'refresh_token', 'access_token', 'saml2_assertion']) {
    t.test(`revoking ${kind === 'access_token' ? 'an access' : 'a refresh'} token ends its session with ${hint === undefined ? 'no hint' : `the hint ${hint}`}`, async t => {
      const { call, login, refresh } = await start(t)
      const [ended, other] = [await login('admin'), await login('admin')]
      const answer = await revoke(call, { token: ended[kind], ...(hint === undefined ? {} : { token_type_hint: hint }) })
      t.equal(answer.status, 200)
      t.match(await refresh(ended.refresh_token), { status: 401, body: { code: 'session_ended' } })
      t.match(await call('GET', '/v1/users/me', { token: ended.access_token }), { status: 401, body: { code: 'session_ended' } })
      t.equal((await call('GET', '/v1/users/me', { token: other.access_token })).status, 200, 'and no other')
      t.equal((await revoke(call, { token: ended[kind] })).status, 200, 'once more is no error')
    })
  }
}

t.test('a token that is not known is as good as revoked', async t => {
  const { call, login } = await start(t)
  const pair = await login('admin')
  const unsigned = pair.refresh_token.replace(/[^.]*$/, '')
  for (const token of ['unknown', unsigned, `${pair.access_token}x`, 'a.b.c', 'ü', 'x'.repeat(20_000)]) {
    t.equal((await revoke(call, { token })).status, 200, token.slice(0, 20))
  }
  t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 200, 'and nothing has ended')
})

t.test('a refresh token that was spent still ends its session', async t => {
  const { call, login, refresh } = await start(t)
  const pair = await login('admin')
  const successor = (await refresh(pair.refresh_token)).body
  t.equal((await revoke(call, { token: pair.refresh_token })).status, 200)
  t.equal((await call('GET', '/v1/users/me', { token: successor.access_token })).status, 401)
})

t.test('a revocation that names no token, or two, is an invalid_request', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  const type = { 'content-type': 'application/x-www-form-urlencoded' }
  for (const body of ['', 'token=', 'token_type_hint=access_token', `token=${token}&token=${token}`, `token=${token}&token_type_hint=access_token&token_type_hint=refresh_token`]) {
    const { status, headers, body: error } = await call('POST', '/oauth/revoke', { ...(body === '' ? {} : { body }), headers: type })
    t.match({ status, error }, { status: 400, error: { error: 'invalid_request' } }, body.replaceAll(token, '...'))
    t.strictSame(Object.keys(error).sort(), ['error', 'error_description'])
    t.match(headers['content-type'], /^application\/json/)
  }
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
})

t.test('only forms are read, and only bodies', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  t.match(await call('POST', '/oauth/revoke', { body: { token } }), { status: 415, body: { error: 'invalid_request' } })
  t.match(await call('POST', `/oauth/revoke?token=${token}`, { body: 'unknown=1' }), { status: 400, body: { error: 'invalid_request' } })
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
})

t.test('a client that is not known revokes nothing', async t => {
  const { call, login } = await start(t)
  const { access_token: token } = await login('admin')
  t.match(await revoke(call, { token, client_id: 'stranger' }), { status: 401, body: { error: 'invalid_client' } })
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
  t.equal((await revoke(call, { token, client_id: 'guardcell' })).status, 200)
  t.equal((await call('GET', '/v1/users/me', { token })).status, 401)
})
