import fp from 'fastify-plugin'
import { createAuthenticate, type Authenticate } from '#lib/access/authenticate.js'
import { authorize, heldTo, type Principal } from '#lib/access/authorize.js'
import { requireFresh, type Moment } from '#lib/access/freshness.js'
import type { AppOptions } from '#lib/app-options.js'
import { createTheAdmin } from '#lib/auth-off/admin.js'
import { createOpenAuthenticate } from '#lib/auth-off/authenticate.js'
import { fail } from '#lib/errors.js'
import { actingScopeIn } from '#lib/oauth/registry.js'

declare module 'fastify' {
  interface FastifyInstance {
    authenticate: Authenticate
    /** How recently users must have proved who they are for what gives lasting access or raises rights, in seconds. */
    maxAuthAge: number
    /** @throws `fresh_authentication_required` unless that is so */
    requireRecentAuth: (principal: Principal) => void
  }
  interface FastifyRequest {
    /** When its caller was identified, in milliseconds of the process. */
    identified: number
    /** Who is calling by the credentials of the request, in a header or a cookie; null if there are none. @throws as `authenticate`, `csrf_failed` */
    identify: () => Promise<Principal | null>
  }
}

/** Milliseconds after which a caller is asked about once more, because the body was that long on its way. */
const LONG_BODY = 1000

export default fp<AppOptions>(async (app, { config, now }) => {
  app.decorate('authenticate', config.AUTH === 'off'
    ? createOpenAuthenticate({ codec: app.codec, theAdmin: createTheAdmin(app.accountStore), scopesOf: app.scopesOf, now })
    : createAuthenticate({ codec: app.codec, standing: app.tokenStore.standing, apiTokens: app.apiTokenStore, actingScope: actingScopeIn(app.oauthClients), scopesOf: app.scopesOf, latestOnly: config.REVOKE_PREVIOUS_ACCESS === 'on', now }))
  const moment = (): Moment => ({ now: now() / 1000, leeway: config.JWT_LEEWAY })
  app.decorate('maxAuthAge', config.AUTH_MAX_AGE)
  app.decorate('requireRecentAuth', principal => { requireFresh(config.AUTH_MAX_AGE, principal, moment()) })
  app.decorateRequest('identified', 0)
  app.decorateRequest('identify', async function () {
    const sent = this.sentToken()
    if (!sent) return await this.identifyByPassword()
    const principal = await app.authenticate(sent.token, sent.transport, sent.proof)
    if (principal.kind === 'access') this.admit(principal.transport, principal.session)
    return principal
  })
  // Before the body is read, so that a refused upload costs nothing; after the hooks of cors, so that a
  // browser may read the refusal.
  app.addHook('onRequest', async request => {
    const rule = request.routeOptions.config.auth ?? 'public'
    if (rule === 'public' || rule === 'self') return
    const principal = await request.identify()
    request.identified = performance.now()
    // What looks like credentials and is none must not become a guest: a client would see less without being told.
    if (rule.optional && !principal && request.headers.authorization !== undefined) fail('authentication_required')
    const caller = authorize(rule, principal, moment())
    request.caller = caller && heldTo(rule, caller, moment)
  })
  // What a route does, it does after its body has come; data sets ask under their lease besides.
  app.addHook('preHandler', (request, _reply, done) => {
    if (!request.caller || performance.now() - request.identified <= LONG_BODY) return done()
    request.caller.again().then(caller => {
      request.caller = caller
      done()
    }, done)
  })
}, { name: 'auth', dependencies: ['acting', 'auth-off', 'basic', 'accounts', 'credentials', 'token-store', 'api-token-store', 'oauth-clients', 'principal', 'route-rules', 'scopes', 'client', 'cors', 'dialect', 'security-headers', 'under-pressure'] })
