import t from 'tap'
import { PASSWORD, start, type Answer } from '../support/app.js'

const CREDENTIALS = `username=admin&password=${encodeURIComponent(PASSWORD)}`
const LOGIN = `grant_type=password&${CREDENTIALS}`

const words = ({ status, body }: Answer): unknown => [status, body.error, Object.keys(body).sort()]
const refusal = (status: number, error: string): unknown => [status, error, ['error', 'error_description']]

t.test('a grant that is not known is told apart from a malformed request', async t => {
  const { call } = await start(t)
  for (const grant of ['urn:example:grant', 'authorization_code', 'Password', 'constructor', '__proto__']) {
    const answer = await call('POST', '/oauth/token', { body: `grant_type=${encodeURIComponent(grant)}&${CREDENTIALS}` })
    t.strictSame(words(answer), refusal(400, 'unsupported_grant_type'), grant)
  }
})

t.test('a parameter that is missing makes an invalid_request', async t => {
  const { call } = await start(t)
  for (const body of [CREDENTIALS, 'grant_type=password&username=admin', `grant_type=password&password=${PASSWORD}`, 'grant_type=refresh_token', 'grant_type=refresh_token&refresh_token=', 'grant_type=password']) {
    t.strictSame(words(await call('POST', '/oauth/token', { body })), refusal(400, 'invalid_request'), body)
  }
  t.strictSame(words(await call('POST', '/oauth/token', { headers: { 'content-type': 'application/x-www-form-urlencoded' } })), refusal(400, 'invalid_request'), 'no form at all')
})

t.test('a repeated parameter is refused, known or not, and spends nothing', async t => {
  const { call, login } = await start(t)
  const { refresh_token: token } = await login('admin')
  const refresh = `grant_type=refresh_token&refresh_token=${token}`
  for (const body of [
    `grant_type=password&${LOGIN}`, `${LOGIN}&username=admin`, `${LOGIN}&scope=profile&scope=profile`, `${LOGIN}&unknown=1&unknown=2`,
    `${refresh}&refresh_token=${token}`, `${refresh}&client_id=guardcell&client_id=guardcell`, `${refresh}&scope=profile&scope=sessions`
  ]) {
    t.strictSame(words(await call('POST', '/oauth/token', { body })), refusal(400, 'invalid_request'), body.replace(token, '...'))
  }
  t.equal((await call('POST', '/oauth/token', { body: refresh })).status, 200)
})

t.test('parameters that nobody knows and those without a value are as good as absent', async t => {
  const { call } = await start(t)
  for (const more of ['', 'unknown=1', 'client_id=guardcell', 'client_id=', 'scope=']) {
    t.equal((await call('POST', '/oauth/token', { body: `${LOGIN}&${more}` })).status, 200, `RFC 6749 section 3.2: ${more}`)
  }
  t.strictSame(words(await call('POST', '/oauth/token', { body: `grant_type=&${CREDENTIALS}` })), refusal(400, 'invalid_request'), 'no grant type')
})

t.test('a client that is not known is refused with a challenge', async t => {
  const { call, login } = await start(t)
  const { refresh_token: token } = await login('admin')
  for (const body of [`${LOGIN}&client_id=stranger`, `grant_type=refresh_token&refresh_token=${token}&client_id=stranger`]) {
    const answer = await call('POST', '/oauth/token', { body })
    t.strictSame(words(answer), refusal(401, 'invalid_client'))
    t.type(answer.headers['www-authenticate'], 'string')
  }
  t.equal((await call('POST', '/oauth/token', { body: `grant_type=refresh_token&refresh_token=${token}` })).status, 200, 'and has spent nothing')
})

t.test('only forms are read, and only bodies', async t => {
  const { call } = await start(t)
  const body = { grant_type: 'password', username: 'admin', password: PASSWORD }
  t.strictSame(words(await call('POST', '/oauth/token', { body })), refusal(415, 'invalid_request'), 'JSON')
  t.strictSame(words(await call('POST', '/oauth/token', { body: LOGIN, headers: { 'content-type': 'text/plain' } })), refusal(415, 'invalid_request'), 'text')
  t.strictSame(words(await call('POST', `/oauth/token?${LOGIN}`, { body: 'unknown=1' })), refusal(400, 'invalid_request'), 'the query')
  t.equal((await call('POST', '/oauth/token', { body: LOGIN, headers: { 'content-type': 'application/x-www-form-urlencoded; charset=UTF-8' } })).status, 200)
  t.equal((await call('GET', `/oauth/token?${LOGIN}`)).status, 405)
})

t.test('a form beyond 1 MiB is refused as OAuth has it', async t => {
  const { call } = await start(t)
  t.strictSame(words(await call('POST', '/oauth/token', { body: `${LOGIN}&unknown=${'x'.repeat(1_048_576)}` })), refusal(413, 'invalid_request'))
})

t.test('a description of an error is plain ASCII without quotes', async t => {
  const { call } = await start(t)
  const answers = await Promise.all(['grant_type=ünbekannt', 'grant_type=password&username="&password=\\', `${LOGIN}&"=1&"=2`, `${LOGIN}&ä=1&ä=2`]
    .map(body => call('POST', '/oauth/token', { body: new URLSearchParams(body).toString() })))
  for (const { status, body } of answers) {
    t.equal(status, 400)
    t.match(body.error_description, /^[\x20\x21\x23-\x5b\x5d-\x7e]+$/, 'RFC 6749 section 5.2')
  }
})
