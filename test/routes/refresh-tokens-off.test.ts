import { Ajv2020 } from 'ajv/dist/2020.js'
import t from 'tap'
import { claimsIn, keysOf, ownPrefix, PASSWORD, start, type Answer } from '../support/app.js'
import { cookiesSet, pageOf } from '../support/jar.js'

const shared = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${Buffer.alloc(64, 5).toString('base64')}`, SESSION_TIMEOUT: '600' }
const running = await start(t, { ...shared, REFRESH_TOKENS: 'off' })
const { app, call, clock, createUser, refresh } = running
const ada = await createUser('ada')
const form = (fields: Record<string, string>): Promise<Answer> => call('POST', '/oauth/token', { body: new URLSearchParams(fields).toString() })
const signIn = async (): Promise<any> => (await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } })).body

t.test('a sign-in gives out no refresh token, by whatever route', async t => {
  const { body } = await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } })
  t.strictSame(Object.keys(body).sort(), ['access_token', 'expires_in', 'scope', 'session_expires_in', 'session_id', 'token_type', 'user'])
  t.match(body, { expires_in: 600, token_type: 'Bearer' })
  t.ok(body.session_expires_in >= 599 && body.session_expires_in <= 601, 'and no longer than the access token')
  const oauth = await form({ grant_type: 'password', username: 'ada', password: PASSWORD })
  t.strictSame(Object.keys(oauth.body).sort(), ['access_token', 'expires_in', 'scope', 'token_type'])
  const plantdb = await call('POST', '/login', { body: { username: 'ada', password: PASSWORD } })
  t.strictSame(Object.keys(plantdb.body).sort(), ['access_token', 'message', 'user'])
  t.strictSame((await keysOf(app, ada.id)).filter(key => key.includes(':refresh:')), [], 'nor is one kept')
})

t.test('the document says that it may be missing', async t => {
  const { body: document } = await call('GET', '/openapi.json')
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile({ ...document.components.schemas.TokenPair, components: document.components })
  t.ok(validate(await signIn()), JSON.stringify(validate.errors))
})

t.test('a browser gets no refresh cookie', async t => {
  const page = pageOf(running)
  const answer = await page.login('ada')
  t.strictSame(Object.keys(cookiesSet(answer)).sort(), ['gc_access', 'gc_csrf'])
  for (const { attributes } of Object.values(cookiesSet(answer))) t.ok(Math.abs(Number(attributes['max-age']) - 600) <= 1)
  t.equal((await page.me()).status, 200)
  t.equal((await page.logout()).status, 204)
  t.strictSame(page.jar, {})
})

t.test('what was given out before is refused, and not spent', async t => {
  const before = await start(t, shared)
  const { refresh_token: token } = await before.login('ada')
  t.match(await refresh(token), { status: 401, body: { code: 'refresh_not_offered' } })
  t.match(await call('POST', '/token-refresh', { body: { refresh_token: token } }), { status: 401, body: { code: 'refresh_not_offered' } })
  t.match(await form({ grant_type: 'refresh_token', refresh_token: token }), { status: 400, body: { error: 'unsupported_grant_type' } })
  t.match(await form({ grant_type: 'refresh_token' }), { status: 400, body: { error: 'unsupported_grant_type' } }, 'nor is the grant known to whoever has none')
  t.equal((await before.refresh(token)).status, 200, 'once they are back, so is the session')
})

t.test('its session is listed and ended like others', async t => {
  const [one, two] = [await signIn(), await signIn()]
  const listed = async (token: string) => (await call('GET', '/v1/sessions', { token })).body.items as Array<{ id: string, current: boolean, ends: string }>
  const mine = (await listed(one.access_token)).find(({ id }) => id === one.session_id)
  t.match(mine, { current: true })
  t.ok(Math.abs(Date.parse(mine!.ends) - claimsIn(one.access_token).exp * 1000) <= 1000)
  t.equal((await call('DELETE', `/v1/sessions/${two.session_id}`, { token: one.access_token })).status, 204)
  t.match(await call('GET', '/v1/users/me', { token: two.access_token }), { status: 401, body: { code: 'session_ended' } })
  t.equal((await call('POST', '/v1/auth/logout', { token: one.access_token })).status, 204)
  t.match(await call('GET', '/v1/users/me', { token: one.access_token }), { status: 401, body: { code: 'session_ended' } })
})

t.test('it ends with its access token, and showing the password again does not prolong it', async t => {
  const first = await signIn()
  clock.advance(590)
  const { status, body } = await call('POST', '/v1/auth/reauthenticate', { token: first.access_token, body: { password: PASSWORD } })
  t.equal(status, 200)
  t.ok(body.expires_in <= 11)
  t.match(claimsIn(body.access_token), { fresh: true, sid: first.session_id })
  clock.advance(15)
  for (const { access_token: token } of [first, body]) t.equal((await call('GET', '/v1/users/me', { token })).status, 401)
  t.notOk((await app.tokenStore.list(ada.id)).some(({ id }) => id === first.session_id))
})
