import type { RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import { createAuthenticate, type Authenticate } from '#lib/access/authenticate.js'
import { authorize, type Principal } from '#lib/access/authorize.js'
import type { AuthRule } from '#lib/access/rule.js'
import type { AppOptions } from '#lib/app-options.js'
import { BootError } from '#lib/boot-error.js'

declare module 'fastify' {
  interface FastifyContextConfig { auth?: AuthRule }
  interface FastifyInstance {
    authenticate: Authenticate
    /** Every route with its rule. */
    routeRules: () => ReadonlyArray<{ method: string, url: string, auth: AuthRule }>
  }
  interface FastifyRequest {
    caller: Principal | null
    /** Who is calling; only on routes that ask for an access token. */
    principal: Principal
  }
}

export default fp<AppOptions>(async (app, { now }) => {
  const routes: RouteOptions[] = []
  app.decorate('authenticate', createAuthenticate({ codec: app.codec, standing: app.tokenStore.standing, now }))
  app.decorate('routeRules', () => routes.map(({ method, url, config }) => ({ method: String(method), url, auth: config?.auth ?? 'public' })))
  app.decorateRequest('caller', null)
  app.decorateRequest('principal', {
    getter () {
      if (!this.caller) throw new Error(`${this.routeOptions.url} is a public route and knows no principal`)
      return this.caller
    }
  })

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
    const token = request.bearer()
    request.caller = authorize(rule, token === undefined ? null : await app.authenticate(token))
  })
}, { name: 'auth', dependencies: ['jwt', 'token-store', 'client', 'cors', 'security-headers', 'under-pressure'] })
