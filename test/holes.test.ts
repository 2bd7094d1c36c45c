// The holes that two or more of the systems before this one share, a test each.
import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { catalogue } from '#lib/error-catalogue.js'
import { claimsIn, newKey, PASSWORD, start, type Answer, type Running } from './support/app.js'
import { startMailbox } from './support/smtp.js'

const at = ({ status, body }: Answer): string => `${status} ${body.code ?? ''}`.trim()

const me = async ({ call }: Running, token: string): Promise<string> => at(await call('GET', '/v1/users/me', { token }))

/** How many of some answers have which status. */
const tally = (answers: readonly Answer[]): Record<string, number> =>
  answers.reduce<Record<string, number>>((counts, { status }) => ({ ...counts, [status]: (counts[status] ?? 0) + 1 }), {})

t.test('holes', async t => {
  const mailbox = await startMailbox(t)
  const lab = await start(t, { MAIL_URL: mailbox.url, REGISTRATION: 'invite', API_TOKEN_DAILY_LIMIT: '2', MAX_SESSION: '3' })
  const { app, call, login, refresh, createUser } = lab
  const admin = (await login('admin')).access_token

  await t.test('a refresh token is no access token, on any route, and an access token no refresh token', async t => {
    await createUser('ada', { roles: ['admin'] })
    const { access_token: access, refresh_token: token } = await login('ada')
    const routes = app.routeRules().filter(({ auth, url, method }) => auth !== 'public' && auth !== 'self' && !url.includes('*') && !['HEAD', 'OPTIONS'].includes(method))
    t.ok(routes.length > 60, `${routes.length} routes`)
    for (const { method, url } of routes) {
      t.equal((await call(method, url.replace(/:\w+/g, 'x'), { token })).status, 401, `${method} ${url}`)
    }
    t.equal(at(await refresh(access)), '401 refresh_token_invalid')
    t.equal(await me(lab, access), '200', 'the tries have changed nothing')
    t.equal((await refresh(token)).status, 200)
  })

  await t.test('no refresh token outlives a logout', async t => {
    await createUser('bob')
    for (const credentials of ['access', 'refresh', 'both']) {
      const { access_token: access, refresh_token: token } = await login('bob')
      const body = credentials === 'access' ? {} : { refresh_token: token }
      t.equal((await call('POST', '/v1/auth/logout', { body, ...(credentials === 'refresh' ? {} : { token: access }) })).status, 204)
      t.equal((await refresh(token)).status, 401, credentials)
      t.equal(await me(lab, access), '401 session_ended', credentials)
    }
  })

  await t.test('the reuse of a refresh token ends its session, with an alarm, and only that', async t => {
    await createUser('cleo')
    const [stolen, other] = [await login('cleo'), await login('cleo')]
    const heard: string[] = []
    app.events.on('event', ({ type }) => { heard.push(type) })
    const { body: next } = await refresh(stolen.refresh_token)
    t.equal(at(await refresh(stolen.refresh_token)), '401 refresh_token_reused')
    t.equal((await refresh(next.refresh_token)).status, 401)
    t.equal(await me(lab, next.access_token), '401 session_ended')
    t.ok(heard.includes('reuse'))
    t.equal(await me(lab, other.access_token), '200')
  })

  await t.test('no token of another session outlives a change of the password', async t => {
    await createUser('dora')
    const [mine, others] = [await login('dora'), await login('dora')]
    t.equal((await call('POST', '/v1/auth/password', { token: mine.access_token, body: { current: PASSWORD, new: `${PASSWORD}!` } })).status, 204)
    t.equal(await me(lab, others.access_token), '401 session_ended')
    t.equal((await refresh(others.refresh_token)).status, 401)
    t.equal(await me(lab, mine.access_token), '200')
    await t.rejects(login('dora'), /401/, 'the old password is none')
  })

  await t.test('a deactivated user neither calls nor refreshes, with any token', async t => {
    const { id } = await createUser('erik', { roles: ['contributor'] })
    const pair = await login('erik')
    const machine = (await call('POST', '/v1/api-tokens', { token: pair.access_token, body: { name: 'camera', datasets: { '*': ['read'] } } })).body.token
    t.equal((await call('GET', '/v1/scans', { token: machine })).status, 200)
    t.equal((await call('PATCH', `/v1/users/${id}`, { token: admin, body: { active: false } })).status, 200)
    t.equal((await call('GET', '/v1/users/me', { token: pair.access_token })).status, 401)
    t.equal((await refresh(pair.refresh_token)).status, 401)
    t.equal((await call('GET', '/v1/scans', { token: machine })).status, 401)
    await t.rejects(login('erik'), /401/)
  })

  await t.test('what clients send wrongly is their fault, and told as such', async t => {
    const { access_token: access } = await login('ada')
    const strange = ['', '.', '..', 'a.b.c', 'e30.e30.', `${'x'.repeat(9000)}`, 'null', '{}', access.replace(/^[^.]*/, Buffer.from('{"alg":"none"}').toString('base64url'))]
    for (const token of strange) {
      for (const [method, url, body] of [['GET', '/v1/users/me'], ['POST', '/v1/auth/refresh', { refresh_token: token }], ['POST', '/oauth/token', `grant_type=refresh_token&refresh_token=${encodeURIComponent(token)}`], ['POST', '/token-validation'], ['POST', '/token-refresh', { refresh_token: token }], ['POST', '/v1/auth/password/reset', { token, new: PASSWORD }]] as const) {
        const { status } = await call(method, url, { token, ...(body === undefined ? {} : { body }) })
        t.ok(status >= 400 && status < 500, `${status} for ${method} ${url} with ${token.slice(0, 20)}`)
      }
    }
  })

  await t.test('a token is refused for what is wrong with it, and for nothing else', async t => {
    const { access_token: good } = await login('ada')
    const [head, body, tail] = good.split('.') as [string, string, string]
    const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
    const { secret } = app.keys.current
    const signed = (header: object, claims: object): string => {
      const input = `${encode(header)}.${encode(claims)}`
      return `${input}.${createHmac('sha512', secret).update(input).digest('base64url')}`
    }
    const header = JSON.parse(Buffer.from(head, 'base64url').toString())
    const claims = claimsIn(good)
    t.equal(await me(lab, signed(header, claims)), '200', 'so a refusal below is not for how it was made')
    const spoilt: Record<string, string> = {
      'another algorithm': signed({ ...header, alg: 'HS256' }, claims),
      'no algorithm': signed({ ...header, alg: 'none' }, claims),
      'another kind': signed({ ...header, typ: 'rt+jwt' }, claims),
      'another type': signed(header, { ...claims, type: 'refresh' }),
      'another issuer': signed(header, { ...claims, iss: 'http://elsewhere' }),
      'another audience': signed(header, { ...claims, aud: 'elsewhere' }),
      'a changed signature': `${head}.${body}.${tail.startsWith('A') ? 'B' : 'A'}${tail.slice(1)}`
    }
    for (const claim of ['iss', 'aud', 'sub', 'exp', 'iat', 'jti', 'type', 'sid']) {
      const { [claim]: dropped, ...rest } = claims
      spoilt[`no ${claim}`] = signed(header, rest)
    }
    for (const [what, token] of Object.entries(spoilt)) t.equal(await me(lab, token), '401 access_token_invalid', what)
  })

  await t.test('a name is not who somebody is: it is never given to another account', async t => {
    const { id } = await createUser('fay', { roles: ['contributor'] })
    const { access_token: access, refresh_token: token } = await login('fay')
    t.equal((await call('DELETE', `/v1/users/${id}`, { token: admin })).status, 204)
    t.equal(at(await call('POST', '/v1/users', { token: admin, body: { username: 'fay', fullname: 'Another Fay', password: PASSWORD } })), '409 username_taken')
    t.equal((await call('PATCH', `/v1/users/${(await createUser('gus')).id}`, { token: admin, body: { username: 'fay' } })).status, 400, 'nor is an account renamed')
    t.equal((await call('GET', '/v1/users/me', { token: access })).status, 401)
    t.equal((await refresh(token)).status, 401)
    t.equal(claimsIn(access).sub, id)
  })

  await t.test('what may happen once happens once, however many ask at the same moment', async t => {
    await createUser('hana', { roles: ['contributor'], email: 'hana@lab.example' })
    const pair = await login('hana')
    const key = newKey()
    const times = <T>(count: number, act: (i: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, (_, i) => act(i)))

    const retried = await times(20, () => refresh(pair.refresh_token, key))
    t.strictSame([tally(retried), new Set(retried.map(({ body }) => body.refresh_token)).size], [{ 200: 20 }, 1], 'one successor')
    const access = retried[0]!.body.access_token
    const issued = await times(20, i => call('POST', '/v1/api-tokens', { token: access, body: { name: `camera ${i}`, datasets: { '*': ['read'] } } }))
    t.strictSame(tally(issued), { 201: 2, 429: 18 }, 'API tokens at a limit of 2')
    await times(20, () => login('hana'))
    const { body: { items } } = await call('GET', '/v1/sessions', { token: (await login('hana')).access_token })
    t.equal(items.length, 3, 'sessions at a limit of 3')

    t.equal((await call('POST', '/v1/auth/password/forgot', { body: { username: 'hana' } })).status, 202)
    const { token: link } = await mailbox.link('hana@lab.example')
    t.strictSame(tally(await times(20, i => call('POST', '/v1/auth/password/reset', { body: { token: link, new: `${PASSWORD} ${i}` } }))), { 204: 1, 410: 19 }, 'a link for a lost password')
    const { body: { token: invitation } } = await call('POST', '/v1/invitations', { token: admin, body: {} })
    t.strictSame(tally(await times(20, i => call('POST', '/v1/auth/register', { body: { username: `guest-${i}`, fullname: 'A guest', password: PASSWORD, invitation } }))), { 201: 1, 410: 19 }, 'an invitation')

    const thief = await login('admin')
    const raced = await times(20, () => refresh(thief.refresh_token))
    t.strictSame(tally(raced), { 200: 1, 401: 19 }, 'a refresh token without a key')
  })

  await t.test('documents promise what is done: each answer of a route is one that its description has', async t => {
    const { paths } = (await call('GET', '/openapi.json')).body
    const token = (await login('ada')).access_token
    const tried: Array<[method: string, path: string, url: string, body?: unknown]> = [
      ['post', '/v1/auth/login', '/v1/auth/login', { username: 'ada', password: 'wrong' }],
      ['post', '/v1/auth/refresh', '/v1/auth/refresh', { refresh_token: 'x' }],
      ['get', '/v1/users/{id}', '/v1/users/none'],
      ['post', '/v1/users', '/v1/users', { username: 'ada', fullname: 'Ada', password: PASSWORD }],
      ['post', '/v1/users', '/v1/users', { username: 'new', fullname: 'New', password: 'x' }],
      ['delete', '/v1/sessions/{id}', '/v1/sessions/none'],
      ['get', '/v1/scans/{scan}', '/v1/scans/none'],
      ['get', '/v1/groups/{name}', '/v1/groups/none'],
      ['post', '/v1/auth/password/reset', '/v1/auth/password/reset', { token: 'x', new: PASSWORD }]
    ]
    for (const [method, path, url, body] of tried) {
      const answer = await call(method.toUpperCase(), url, { token, ...(body === undefined ? {} : { body }) })
      const promised = Object.keys(paths[path][method].responses)
      t.ok(promised.includes(String(answer.status)), `${method} ${path}: ${answer.status} is one of ${promised.join(' ')}`)
      t.match(await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8'), `\`${answer.body.code}\` | ${catalogue[answer.body.code as keyof typeof catalogue][0]} |`)
    }
  })
})
