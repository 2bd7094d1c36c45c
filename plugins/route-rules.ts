import type { RouteOptions } from 'fastify'
import fp from 'fastify-plugin'
import type { AuthRule } from '#lib/access/rule.js'
import { BootError } from '#lib/boot-error.js'

declare module 'fastify' {
  interface FastifyContextConfig { auth?: AuthRule }
  interface FastifyInstance {
    /** Every route with its rule. */
    routeRules: () => ReadonlyArray<{ method: string, url: string, auth: AuthRule }>
  }
}

export default fp(async app => {
  const routes: RouteOptions[] = []
  app.decorate('routeRules', () => routes.map(({ method, url, config }) => ({ method: String(method), url, auth: config?.auth ?? 'public' })))
  app.addHook('onRoute', route => { routes.push(route) })
  app.addHook('onReady', async () => {
    const silent = routes.filter(({ config }) => config?.auth === undefined)
    if (silent.length > 0) throw new BootError(silent.map(({ method, url }) => `The route ${String(method)} ${url} declares no config.auth`))
  })
}, { name: 'route-rules' })
