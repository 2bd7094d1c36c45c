import t from 'tap'
import { start } from '../support/app.js'

t.test('a refresh token works once, and its reuse ends the session', async t => {
  const { call, login, refresh } = await start(t)
  const first = await login('admin')

  const second = await refresh(first.refresh_token)
  t.equal(second.status, 200)
  t.not(second.body.refresh_token, first.refresh_token)
  t.equal(second.body.session_id, first.session_id, 'the session goes on')
  t.equal(second.headers['cache-control'], 'no-store')
  t.equal((await call('GET', '/v1/users/me', { token: first.access_token })).status, 200, 'the older access token survives the refresh')

  const reuse = await refresh(first.refresh_token)
  t.equal(reuse.status, 401)
  t.equal(reuse.body.code, 'refresh_token_reused')
  t.match(await refresh(second.body.refresh_token), { status: 401, body: { code: 'session_ended' } }, 'the rightful successor is dead as well')
  t.match(await call('GET', '/v1/users/me', { token: second.body.access_token }), { status: 401, body: { code: 'session_ended' } })
})
