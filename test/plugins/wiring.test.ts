import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { start } from '../support/app.js'

const decorators = [
  'acting', 'stamp', 'audit', 'auditStore',
  'scopesOf', 'tokenInfo', 'vouchFor',
  'redis', 'names', 'durable', 'keys', 'sealing', 'reseal', 'endEverything', 'jwt', 'codec', 'events', 'tell', 'metrics', 'cookieGuard', 'tokenStore', 'apiTokenStore', 'apiTokens', 'incidents', 'sessions', 'logout',
  'limits', 'accounts', 'accountStore', 'groups', 'datasets', 'acceptUploads', 'ensureFirstAdmin', 'hasFirstAdmin', 'step', 'authenticate', 'routeRules', 'exchangeGrant', 'introspectToken', 'revokeToken', 'serverMetadata', 'readiness', 'swagger', 'plantdb', 'speakPlantDB', 'isDialect', 'withoutSlashes',
  'pairing', 'devicePage', 'authorizeDevice', 'oauthClients',
  'methodsOf', 'publicUrl', 'outbox', 'links', 'linkPage', 'updateProfile', 'maxAuthAge', 'requireRecentAuth'
]

const may = (...scopes: string[]) => ({ scopes })
const machinesMay = (...scopes: string[]) => ({ api: true, scopes })
const guestsMay = (...scopes: string[]) => ({ optional: true, api: true, scopes })
const read = guestsMay('datasets:read')
const write = machinesMay('datasets:write')
const remove = machinesMay('datasets:delete')

const create = machinesMay('datasets:create')
const anyToken = may()
const recentlyMay = (...scopes: string[]) => ({ scopes, fresh: 900 })

const table: Record<string, unknown> = {
  'GET /': 'public',
  'GET /api/fileset/:scan/:fileset/files': read,
  'GET /api/fileset/:scan/:fileset/metadata': read,
  'POST /api/fileset/:scan/:fileset/metadata': write,
  'GET /api/file/:scan/:fileset/:file/metadata': read,
  'POST /api/file/:scan/:fileset/:file/metadata': write,
  'GET /api/scan/:scan/filesets': read,
  'GET /api/scan/:scan/metadata': read,
  'POST /api/scan/:scan/metadata': write,
  'POST /api/file': write,
  'POST /api/fileset': write,
  'POST /api/scan': create,
  'GET /archive/:scan': read,
  'POST /archive/:scan': create,
  'GET /file/:scan/:fileset/:file': read,
  'POST /file/:scan/:fileset/:file': write,
  'GET /file/:scan/:fileset/:file/metadata': read,
  'POST /file/:scan/:fileset/:file/metadata': write,
  'GET /files/:scan/*': read,
  'POST /files/:scan': write,
  'POST /fileset/:scan/:fileset': write,
  'GET /fileset/:scan/:fileset/files': read,
  'GET /fileset/:scan/:fileset/metadata': read,
  'POST /fileset/:scan/:fileset/metadata': write,
  'GET /health': 'public',
  'GET /image/:scan/:fileset/:file': read,
  'GET /login': 'public',
  'POST /login': 'public',
  'POST /logout': anyToken,
  'GET /mesh/:scan/:fileset/:file': read,
  'GET /pcGroundTruth/:scan/:fileset/:file': read,
  'GET /pointcloud/:scan/:fileset/:file': read,
  'GET /refresh': read,
  'POST /register': recentlyMay('users'),
  'GET /scan/:scan': read,
  'POST /scan/:scan': create,
  'GET /scan/:scan/filesets': read,
  'GET /scan/:scan/metadata': read,
  'POST /scan/:scan/metadata': write,
  'GET /scans': read,
  'GET /scans/:scan': read,
  'POST /scans/:scan': create,
  'GET /scans_info': read,
  'GET /sequence/:scan': read,
  'GET /skeleton/:scan': read,
  'POST /token-refresh': 'self',
  'POST /create-api-token': recentlyMay('api-tokens'),
  'POST /token-validation': machinesMay(),
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /link': 'public',
  'GET /link/script.js': 'public',
  'GET /link/style.css': 'public',
  'GET /metrics': 'self',
  'GET /openapi.json': 'public',
  'GET /.well-known/oauth-authorization-server': 'public',
  'GET /.well-known/oauth-authorization-server/*': 'public',
  'GET /.well-known/jwks.json': 'public',
  'GET /device': 'public',
  'GET /device/script.js': 'public',
  'GET /device/style.css': 'public',
  'POST /oauth/device_authorization': 'public',
  'POST /oauth/introspect': 'self',
  'POST /oauth/revoke': 'self',
  'POST /oauth/token': 'self',
  'POST /v1/datasets/refresh': may('guardcell:superuser', 'datasets:read'),
  'POST /v1/devices/lookup': may('api-tokens'),
  'POST /v1/devices/approve': recentlyMay('api-tokens'),
  'POST /v1/devices/deny': may('api-tokens'),
  'GET /v1/groups': may('groups'),
  'POST /v1/groups': may('groups'),
  'GET /v1/groups/:name': may('groups'),
  'DELETE /v1/groups/:name': may('groups'),
  'PUT /v1/groups/:name/members/:username': recentlyMay('groups'),
  'DELETE /v1/groups/:name/members/:username': may('groups'),
  'GET /v1/keys': { scopes: ['keys'], fresh: true },
  'POST /v1/keys/rotate': { scopes: ['keys'], fresh: true },
  'DELETE /v1/keys/:kid': { scopes: ['keys'], fresh: true },
  'GET /v1/scans': read,
  'POST /v1/scans': machinesMay('datasets:create'),
  'GET /v1/scans/:scan': read,
  'DELETE /v1/scans/:scan': remove,
  'PUT /v1/scans/:scan/owner': may('datasets:write'),
  'PUT /v1/scans/:scan/sharing': may('datasets:write'),
  'GET /v1/scans/:scan/archive': read,
  'POST /v1/scans/:scan/archive': machinesMay('datasets:create'),
  'GET /v1/scans/:scan/metadata': read,
  'PUT /v1/scans/:scan/metadata': write,
  'PATCH /v1/scans/:scan/metadata': write,
  'GET /v1/scans/:scan/filesets': read,
  'POST /v1/scans/:scan/filesets': write,
  'GET /v1/scans/:scan/filesets/:fileset': read,
  'DELETE /v1/scans/:scan/filesets/:fileset': remove,
  'GET /v1/scans/:scan/filesets/:fileset/metadata': read,
  'PUT /v1/scans/:scan/filesets/:fileset/metadata': write,
  'PATCH /v1/scans/:scan/filesets/:fileset/metadata': write,
  'GET /v1/scans/:scan/filesets/:fileset/files': read,
  'POST /v1/scans/:scan/filesets/:fileset/files': write,
  'GET /v1/scans/:scan/filesets/:fileset/files/:file': read,
  'PUT /v1/scans/:scan/filesets/:fileset/files/:file': write,
  'DELETE /v1/scans/:scan/filesets/:fileset/files/:file': remove,
  'GET /v1/scans/:scan/filesets/:fileset/files/:file/info': read,
  'GET /v1/scans/:scan/filesets/:fileset/files/:file/image': read,
  'GET /v1/scans/:scan/filesets/:fileset/files/:file/metadata': read,
  'PUT /v1/scans/:scan/filesets/:fileset/files/:file/metadata': write,
  'PATCH /v1/scans/:scan/filesets/:fileset/files/:file/metadata': write,
  'GET /v1/api-tokens': may('api-tokens'),
  'POST /v1/api-tokens': recentlyMay('api-tokens'),
  'GET /v1/api-tokens/eligibility': may('api-tokens'),
  'GET /v1/api-tokens/:id': may('api-tokens'),
  'DELETE /v1/api-tokens/:id': may('api-tokens'),
  'GET /v1/users/:id/api-tokens': may('users'),
  'DELETE /v1/users/:id/api-tokens': may('users'),
  'DELETE /v1/users/:id/api-tokens/:token': may('users'),
  'GET /v1/audit': may('audit'),
  'POST /v1/auth/email/verification': may('profile'),
  'POST /v1/auth/email/verify': 'public',
  'POST /v1/auth/login': 'public',
  'POST /v1/auth/logout': 'self',
  'POST /v1/auth/password': may('profile'),
  'POST /v1/auth/password/forgot': 'public',
  'POST /v1/auth/password/reset': 'public',
  'POST /v1/auth/refresh': 'self',
  'POST /v1/auth/register': 'public',
  'GET /v1/invitations': may('users'),
  'POST /v1/invitations': recentlyMay('users'),
  'DELETE /v1/invitations/:id': may('users'),
  'POST /v1/auth/reauthenticate': anyToken,
  'GET /v1/auth/token': machinesMay(),
  'GET /v1/auth/verify': machinesMay(),
  'GET /v1/sessions': may('sessions'),
  'DELETE /v1/sessions': may('sessions'),
  'DELETE /v1/sessions/:id': may('sessions'),
  'GET /v1/users/me': may('profile'),
  'PATCH /v1/users/me': may('profile'),
  'GET /v1/users/me/usage': may('profile'),
  'GET /v1/users': may('users'),
  'POST /v1/users': recentlyMay('users'),
  'GET /v1/users/:id': may('users'),
  'GET /v1/users/:id/usage': may('users'),
  'PATCH /v1/users/:id': may('users'),
  'DELETE /v1/users/:id': may('users'),
  'DELETE /v1/users/:id/sessions': may('users'),
  'POST /v1/users/:id/password': { scopes: ['users'], fresh: true },
  'POST /v1/users/:id/unlock': may('users')
}

t.test('the service is wired: every plugin is in, every decorator there, every route has its rule', async t => {
  const { app } = await start(t)
  const plugins = (await readdir(join(import.meta.dirname, '../../plugins'))).map(file => file.replace(/\.ts$/, ''))
  t.strictSame(plugins.filter(name => !app.hasPlugin(name)), [], 'a plugin is called like its file')
  t.strictSame(decorators.filter(name => !app.hasDecorator(name)), [])
  t.strictSame(['bearer', 'jar', 'cookieNamed', 'sentToken', 'sentRefreshToken', 'sentTokens', 'admit', 'admitCookies', 'identify', 'caller', 'principal', 'device', 'abandoned', 'arrived', 'problem'].filter(name => !app.hasRequestDecorator(name)), [])
  t.strictSame(['bearer', 'jar', 'cookieNamed', 'sentToken', 'sentRefreshToken', 'sentTokens', 'admit', 'admitCookies', 'identify', 'caller', 'principal', 'authenticated', 'account', 'actor', 'device', 'abandoned', 'arrived'].filter(name => !app.hasRequestDecorator(name)), [])
  t.strictSame(['bearer', 'jar', 'cookieNamed', 'sentToken', 'sentRefreshToken', 'sentTokens', 'proof', 'provenToken', 'admit', 'admitCookies', 'identify', 'caller', 'principal', 'signedIn', 'identifyByPassword', 'admitPassword', 'authenticated', 'account', 'actor', 'device', 'abandoned', 'arrived'].filter(name => !app.hasRequestDecorator(name)), [])

  const rules = app.routeRules()
    .filter(({ method, url }) => !['HEAD', 'OPTIONS'].includes(method) && !/^\/docs(\/|$)/.test(url))
    .map(({ method, url, auth }) => [`${method} ${url.replace(/(.)\/$/, '$1')}`, auth] as const)
  t.equal(new Set(rules.map(([name]) => name)).size, rules.length, 'each route stands once')
  t.strictSame(Object.fromEntries(rules), table)
})
