import t from 'tap'
import { start, type Answer, type Running } from '../support/app.js'

const HOME = 'https://lab.example'
const AWAY = 'https://elsewhere.example'

const REQUEST_HEADERS = ['Authorization', 'DPoP', 'Content-Type', 'Content-Digest', 'Idempotency-Key', 'X-CSRF-Token', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'Range', 'X-File-Path', 'X-Chunk-Size']
const EXPOSED = ['Date', 'ETag', 'Location', 'Content-Range', 'Content-Digest', 'X-Content-Encoding', 'Retry-After', 'WWW-Authenticate']

const families = [['/v1/users/me', 'PATCH'], ['/oauth/token', 'POST'], ['/health/ready', 'GET']] as const

const items = (answer: Answer, header: string): string[] => ((answer.headers[header] ?? '') as string).toLowerCase().split(',').map(item => item.trim()).filter(item => item !== '')

const allowed = (answer: Answer): unknown => answer.headers['access-control-allow-origin']

const preflight = (call: Running['call'], url: string, method: string, origin: string) =>
  call('OPTIONS', url, { headers: { origin, 'access-control-request-method': method, 'access-control-request-headers': 'authorization,content-type,idempotency-key' } })

for (const [url, method] of families) {
  t.test(`a browser asks whether ${HOME} may ${method} ${url}`, async t => {
    const { call } = await start(t, { CORS_ORIGINS: `https://other.example,${HOME}` })
    const answer = await preflight(call, url, method, HOME)
    t.ok([200, 204].includes(answer.status))
    t.equal(allowed(answer), HOME)
    t.equal(answer.headers['access-control-allow-credentials'], 'true')
    t.ok(items(answer, 'access-control-allow-methods').includes(method.toLowerCase()))
    t.strictSame(REQUEST_HEADERS.filter(header => !items(answer, 'access-control-allow-headers').includes(header.toLowerCase())), [])
    t.ok(items(answer, 'vary').includes('origin'))
  })

  t.test(`${AWAY} may not ${method} ${url}`, async t => {
    const { call } = await start(t, { CORS_ORIGINS: HOME })
    for (const origin of [AWAY, 'null', `${HOME}.elsewhere.example`, HOME.replace('https', 'http'), `${HOME}:8443`, HOME.toUpperCase()]) {
      const answer = await preflight(call, url, method, origin)
      t.notOk(allowed(answer), origin)
      t.ok(items(answer, 'vary').includes('origin'))
    }
  })
}

t.test('the answer itself can be read by allowed origins only, with the headers that clients need', async t => {
  const { call } = await start(t, { CORS_ORIGINS: HOME })
  for (const [url] of families) {
    const answer = await call('GET', url, { headers: { origin: HOME } })
    t.equal(allowed(answer), HOME, url)
    t.equal(answer.headers['access-control-allow-credentials'], 'true')
    const exposed = items(answer, 'access-control-expose-headers')
    t.strictSame(EXPOSED.filter(header => !exposed.includes(header.toLowerCase())), [])
    t.ok(exposed.some(header => header.startsWith('ratelimit')))
    const foreign = await call('GET', url, { headers: { origin: AWAY } })
    t.notOk(allowed(foreign), url)
    t.ok(items(foreign, 'vary').includes('origin'))
  }
})

t.test('refusals can be read by allowed origins, too', async t => {
  const { call, login } = await start(t, { CORS_ORIGINS: HOME, RATE_LIMIT: 'on' })
  const { access_token: token } = await login('admin')
  const headers = { origin: HOME }
  const refusals: Array<[number, Promise<Answer>]> = [
    [401, call('GET', '/v1/users/me', { headers })],
    [401, call('GET', '/v1/users/me', { headers, token: 'nonsense' })],
    [404, call('GET', '/v1/users/nobody', { headers, token })],
    [404, call('GET', '/nothing/here', { headers })],
    [400, call('POST', '/v1/auth/login', { headers, body: {} })],
    [413, call('POST', '/v1/auth/login', { headers, body: { username: 'x'.repeat(1_048_576) } })],
    [415, call('POST', '/v1/auth/login', { headers: { ...headers, 'content-type': 'application/xml' }, body: '<login/>' })],
    [400, call('POST', '/oauth/token', { headers, body: 'grant_type=nothing' })],
    [401, call('POST', '/oauth/token', { headers, body: 'grant_type=password&username=a&password=b&client_id=stranger' })]
  ]
  for (const [status, refusal] of refusals) {
    const answer = await refusal
    t.equal(answer.status, status)
    t.equal(allowed(answer), HOME, `${status} ${JSON.stringify(answer.body.code ?? answer.body.error)}`)
  }
  for (let failure = 1; failure <= 5; failure++) await call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'wrong' } })
  const slowed = await call('POST', '/v1/auth/login', { headers, body: { username: 'admin', password: 'wrong' } })
  t.equal(slowed.status, 429)
  t.equal(allowed(slowed), HOME)
})

t.test('* allows every origin, and none of them credentials', async t => {
  const { call } = await start(t, { CORS_ORIGINS: '*' })
  for (const [url, method] of families) {
    for (const answer of [await preflight(call, url, method, AWAY), await call('GET', url, { headers: { origin: AWAY } })]) {
      t.equal(allowed(answer), '*', url)
      t.notOk('access-control-allow-credentials' in answer.headers)
    }
  }
})

t.test('without CORS_ORIGINS no other origin may do anything', async t => {
  const { call } = await start(t)
  for (const [url, method] of families) {
    for (const answer of [await preflight(call, url, method, HOME), await call('GET', url, { headers: { origin: HOME } })]) {
      t.strictSame(Object.keys(answer.headers).filter(header => header.startsWith('access-control-')), [], url)
    }
  }
})

t.test('an OPTIONS that is no preflight gives no origin any leave', async t => {
  const { call } = await start(t, { CORS_ORIGINS: HOME })
  for (const headers of [{}, { origin: HOME }, { 'access-control-request-method': 'PATCH' }]) {
    const { status, headers: answered } = await call('OPTIONS', '/v1/users/me', { headers })
    t.equal(status, 204)
    t.strictSame(Object.keys(answered).filter(header => header.startsWith('access-control-')), [])
  }
})
