import type { RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createAuthenticate, type Authenticate } from '#lib/access/authenticate.js'
import { authorize, type Principal, type SessionPrincipal, type UserPrincipal } from '#lib/access/authorize.js'
import type { AuthRule } from '#lib/access/rule.js'
import type { Account } from '#lib/accounts/account.js'
import type { AppOptions } from '#lib/app-options.js'
import { createTheAdmin } from '#lib/auth-off/admin.js'
import { createOpenAuthenticate } from '#lib/auth-off/authenticate.js'
import { BootError } from '#lib/boot-error.js'
import { actorOf } from '#lib/datasets/actor.js'
import type { Actor } from '#lib/datasets/rights.js'
import { fail } from '#lib/errors.js'

declare module 'fastify' {
  interface FastifyContextConfig { auth?: AuthRule }
  interface FastifyInstance {
    authenticate: Authenticate
    /** Every route with its rule. */
    routeRules: () => ReadonlyArray<{ method: string, url: string, auth: AuthRule }>
  }
  interface FastifyRequest {
    caller: Principal | null
    /** Who is calling by the credentials of the request, in a header or a cookie; null if there are none. @throws as `authenticate`, `csrf_failed` */
    identify: () => Promise<Principal | null>
    /** The user who is calling; only on routes that take no API token. */
    principal: UserPrincipal
    /** The same where it takes a session. @throws `session_required` */
    signedIn: SessionPrincipal
    /** Who is calling, by whatever token; only on routes that are not open to guests. */
    authenticated: Principal
    /** The account that is calling, by whatever token. */
    account: Account
    /** The same as far as data sets are concerned; also guests, where a route lets them in. */
    actor: Actor
  }
}

export default fp<AppOptions>(async (app, { config, now }) => {
  const routes: RouteOptions[] = []
  app.decorate('authenticate', config.AUTH === 'off'
    ? createOpenAuthenticate({ codec: app.codec, theAdmin: createTheAdmin(app.accountStore), scopesOf: app.scopesOf, now })
    : createAuthenticate({ codec: app.codec, standing: app.tokenStore.standing, apiTokens: app.apiTokenStore, isRegistered: client => app.oauthClients.has(client), scopesOf: app.scopesOf, latestOnly: config.REVOKE_PREVIOUS_ACCESS === 'on', now }))
  app.decorate('routeRules', () => routes.map(({ method, url, config }) => ({ method: String(method), url, auth: config?.auth ?? 'public' })))
  app.decorateRequest('caller', null)
  app.decorateRequest('identify', async function () {
    const sent = this.sentToken()
    if (!sent) return await this.identifyByPassword()
    const principal = await app.authenticate(sent.token, sent.transport, sent.proof)
    if (principal.kind === 'access') this.admit(principal.transport, principal.session)
    return principal
  })
  app.decorateRequest('principal', {
    getter () {
      if (!this.caller || this.caller.kind === 'api') throw new Error(`${this.routeOptions.url} is a route for more than users and knows no principal`)
      return this.caller
    }
  })
  app.decorateRequest('signedIn', {
    getter () {
      const { principal } = this
      return principal.kind === 'access' ? principal : fail('session_required')
    }
  })
  app.decorateRequest('authenticated', {
    getter () {
      if (!this.caller) throw new Error(`${this.routeOptions.url} is open to guests and knows no account`)
      return this.caller
    }
  })
  app.decorateRequest('account', { getter () { return this.authenticated.account } })
  app.decorateRequest('actor', { getter () { return actorOf(this.caller) } })

  app.addHook('onRoute', route => { routes.push(route) })
  app.addHook('onReady', async () => {
    const silent = routes.filter(({ config }) => config?.auth === undefined)
    if (silent.length > 0) throw new BootError(silent.map(({ method, url }) => `The route ${String(method)} ${url} declares no config.auth`))
  })
  // Before the body is read, so that a refused upload costs nothing; after the hooks of cors, so that a
  // browser may read the refusal.
  app.addHook('onRequest', async request => {
    const rule = request.routeOptions.config.auth ?? 'public'
    if (rule === 'public' || rule === 'self') return
    const principal = await request.identify()
    // What looks like credentials and is none must not become a guest: a client would see less without being told.
    if (rule.optional && !principal && request.headers.authorization !== undefined) fail('authentication_required')
    request.caller = authorize(rule, principal, { now: now() / 1000, leeway: config.JWT_LEEWAY })
  })
}, { name: 'auth', dependencies: ['acting', 'auth-off', 'basic', 'accounts', 'credentials', 'token-store', 'api-token-store', 'oauth-clients', 'scopes', 'client', 'cors', 'dialect', 'security-headers', 'under-pressure'] })
