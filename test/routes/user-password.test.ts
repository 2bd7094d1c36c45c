import t from 'tap'
import { PASSWORD, start } from '../support/app.js'

const NEXT = 'a staple for the battery'

t.test('an admin sets the password of an account, and all of its sessions end', async t => {
  const { call, login, refresh, createUser } = await start(t)
  const ada = await createUser('ada')
  const { access_token: token } = await login('admin')
  const pairs = [await login('ada'), await login('ada')]
  const answer = await call('POST', `/v1/users/${ada.id}/password`, { token, body: { new: NEXT } })
  t.match(answer, { status: 204, body: '' })
  for (const pair of pairs) {
    t.match(await call('GET', '/v1/users/me', { token: pair.access_token }), { status: 401, body: { code: 'session_ended' } })
    t.match(await refresh(pair.refresh_token), { status: 401, body: { code: 'session_ended' } })
  }
  t.match(await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } }), { status: 401, body: { code: 'invalid_credentials' } })
  t.equal((await login('ada', NEXT)).user.username, 'ada')
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200, 'nobody else is touched')
})

t.test('a password that is no good, or of nobody, changes nothing', async t => {
  const { call, login, createUser } = await start(t)
  const ada = await createUser('ada')
  const { access_token: token } = await login('admin')
  const set = (id: string, body: unknown) => call('POST', `/v1/users/${id}/password`, { token, body })
  t.match(await set(ada.id, { new: '1234567' }), { status: 422, body: { code: 'password_too_short' } })
  t.match(await set('nobody', { new: NEXT }), { status: 404, body: { code: 'user_not_found' } })
  for (const body of [{}, { new: '' }, { new: NEXT, current: PASSWORD }, { new: 7 }]) t.match(await set(ada.id, body), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body))
  t.ok((await login('ada')).access_token)
})

t.test('an admin who sets the own password is out as well', async t => {
  const { call, login } = await start(t)
  const { access_token: token, user } = await login('admin')
  t.equal((await call('POST', `/v1/users/${user.id}/password`, { token, body: { new: NEXT } })).status, 204)
  t.match(await call('GET', '/v1/users/me', { token }), { status: 401, body: { code: 'session_ended' } })
  t.ok((await login('admin', NEXT)).access_token)
})
