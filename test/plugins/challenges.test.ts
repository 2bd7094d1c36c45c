import type { FastifyInstance } from 'fastify'
import { STATUS_CODES } from 'node:http'
import t, { type Test } from 'tap'
import { catalogue, type ErrorCode } from '#lib/error-catalogue.js'
import { Problem } from '#lib/errors.js'
import { challenge } from '#lib/http/challenge.js'
import { PASSWORD, start, type Answer } from '../support/app.js'

/** What a header of RFC 6750 section 3 says. */
function challengeIn (header: unknown): Record<string, string> {
  const [, parameters = ''] = /^Bearer ((?:[a-z_]+=(?:"[^"\\]*"|\d+)(?:, (?!$)|$))+)$/.exec(String(header)) ?? []
  return Object.fromEntries([...parameters.matchAll(/([a-z_]+)=(?:"([^"]*)"|(\d+))/g)].map(([, name, text, number]) => [name, text ?? number]))
}

/** Every route that takes an access token, with the scopes that it needs. */
const bearerRoutes = (app: FastifyInstance) => app.routeRules().flatMap(({ method, url, auth }) =>
  typeof auth === 'object' && !['HEAD', 'OPTIONS'].includes(method) ? [{ method, url: url.replace(/:\w+|\*/g, 'x'), name: `${method} ${url}`, auth, scope: auth.scopes.join(' ') }] : [])

/** RFC 9457 section 3.1, with what our problems have besides. */
function isProblem (t: Test, { status, headers, body }: Answer, code: ErrorCode, name: string): void {
  t.equal(headers['content-type'], 'application/problem+json; charset=utf-8', name)
  const [expected, sentence] = catalogue[code]
  t.match(body, { type: 'about:blank', title: STATUS_CODES[expected]!, status: expected, detail: sentence, code, message: sentence, request_id: /./ }, name)
  t.equal(status, expected, name)
}

t.test('a route without credentials is challenged without an error, and told which scope it takes', async t => {
  const { app, call } = await start(t)
  const routes = bearerRoutes(app)
  t.ok(routes.length > 100)
  for (const { method, url, name, auth, scope } of routes) {
    if (auth.optional) continue
    const answer = await call(method, url)
    isProblem(t, answer, 'authentication_required', name)
    t.strictSame(challengeIn(answer.headers['www-authenticate']), { realm: 'guardcell', ...(scope === '' ? {} : { scope }) }, name)
  }
})

t.test('a bad token is an invalid_token on every route, for guests as well', async t => {
  const { app, call, login } = await start(t, { GUEST_ACCESS: 'read' })
  const { access_token: token } = await login('admin')
  for (const { method, url, name } of bearerRoutes(app)) {
    const answer = await call(method, url, { token: `${token}x` })
    isProblem(t, answer, 'access_token_invalid', name)
    t.strictSame(challengeIn(answer.headers['www-authenticate']), { realm: 'guardcell', error: 'invalid_token', error_description: 'The access token is not valid.' }, name)
  }
})

t.test('a token that is not enough is an insufficient_scope on every route, which says what would be', async t => {
  const { app, call, login } = await start(t)
  const { access_token: admin } = await login('admin')
  const { access_token: narrow } = await login('admin', PASSWORD, { scope: 'guardcell:user' })
  const { token: machine } = (await call('POST', '/v1/api-tokens', { token: admin, body: { name: 'camera', datasets: { '*': ['read'] } } })).body
  for (const { method, url, name, auth, scope } of bearerRoutes(app)) {
    const refused = async (token: string, code: ErrorCode): Promise<void> => {
      const answer = await call(method, url, { token })
      isProblem(t, answer, code, name)
      t.strictSame(challengeIn(answer.headers['www-authenticate']), { realm: 'guardcell', error: 'insufficient_scope', error_description: catalogue[code][1], ...(scope === '' ? {} : { scope }) }, name)
    }
    if (scope !== '') await refused(narrow, 'insufficient_scope')
    if (!auth.api) await refused(machine, 'api_token_not_accepted')
  }
})

t.test('what the account may not is told with the token that was not enough', async t => {
  const { call, login, createUser } = await start(t)
  await createUser('ada')
  const { access_token: token } = await login('ada')
  const answer = await call('POST', '/v1/groups', { token, body: { name: 'roots' } })
  isProblem(t, answer, 'not_permitted', 'a group')
  t.match(challengeIn(answer.headers['www-authenticate']), { error: 'insufficient_scope' })
})

t.test('nothing that was sent ends the quotes of a challenge', async t => {
  for (const scope of ['a"b, error="c', 'a\\', 'a\r\nb: c', 'd\u00e9tail']) {
    const { 'www-authenticate': header = '' } = challenge(new Problem('insufficient_scope', { scope }), 'Bearer')
    t.match(header, /^[\x20-\x5b\x5d-\x7e]+$/)
    t.strictSame(Object.keys(challengeIn(header)), ['realm', 'error', 'error_description', 'scope'])
  }
})
