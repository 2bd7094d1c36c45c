import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { start } from '../support/app.js'

const decorators = [
  'redis', 'names', 'durable', 'keys', 'jwt', 'codec', 'events', 'tell', 'metrics', 'tokenStore', 'incidents', 'sessions', 'logout',
  'accounts', 'ensureFirstAdmin', 'authenticate', 'routeRules', 'exchangeGrant', 'revokeToken', 'readiness', 'swagger'
]

const may = (...scopes: string[]) => ({ scopes })

const table: Record<string, unknown> = {
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /metrics': 'self',
  'GET /openapi.json': 'public',
  'POST /oauth/revoke': 'self',
  'POST /oauth/token': 'self',
  'POST /v1/auth/login': 'public',
  'POST /v1/auth/logout': 'self',
  'POST /v1/auth/password': may('profile'),
  'POST /v1/auth/refresh': 'self',
  'GET /v1/sessions': may('sessions'),
  'DELETE /v1/sessions': may('sessions'),
  'DELETE /v1/sessions/:id': may('sessions'),
  'GET /v1/users/me': may('profile'),
  'PATCH /v1/users/me': may('profile'),
  'GET /v1/users': may('users'),
  'POST /v1/users': may('users'),
  'GET /v1/users/:id': may('users'),
  'PATCH /v1/users/:id': may('users'),
  'DELETE /v1/users/:id': may('users'),
  'DELETE /v1/users/:id/sessions': may('users')
}

t.test('the service is wired: every plugin is in, every decorator there, every route has its rule', async t => {
  const { app } = await start(t)
  const plugins = (await readdir(join(import.meta.dirname, '../../plugins'))).map(file => file.replace(/\.ts$/, ''))
  t.strictSame(plugins.filter(name => !app.hasPlugin(name)), [], 'a plugin is called like its file')
  t.strictSame(decorators.filter(name => !app.hasDecorator(name)), [])
  t.strictSame(['bearer', 'caller', 'principal', 'device', 'abandoned', 'arrived'].filter(name => !app.hasRequestDecorator(name)), [])

  const rules = app.routeRules()
    .filter(({ method, url }) => method !== 'HEAD' && !/^\/docs(\/|$)/.test(url))
    .map(({ method, url, auth }) => [`${method} ${url.replace(/(.)\/$/, '$1')}`, auth] as const)
  t.equal(new Set(rules.map(([name]) => name)).size, rules.length, 'each route stands once')
  t.strictSame(Object.fromEntries(rules), table)
})
