import cookie from '@fastify/cookie'
import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { listOf } from '#lib/config/list.js'
import { createGuard, type Guard } from '#lib/cookies/guard.js'
import { jarFor, type CookieName, type Jar } from '#lib/cookies/jar.js'

declare module 'fastify' {
  interface FastifyInstance { cookieGuard: Guard }
  interface FastifyRequest {
    /** The jar of the browser, or undefined where no cookie would be safe. */
    jar: () => Jar | undefined
    /** What one of our cookies holds. */
    cookieNamed: (name: CookieName) => string | undefined
  }
}

const claimsIn = ({ headers }: FastifyRequest): string => `${String(headers['x-forwarded-proto'])} ${headers.forwarded}`

export default fp<AppOptions>(async (app, { config }) => {
  // Parsed where they are asked for: most calls come without.
  await app.register(cookie, { hook: false })
  const origins = listOf(config.CORS_ORIGINS)
  app.decorate('cookieGuard', createGuard({ keys: () => app.keys.secrets().map(({ csrf }) => csrf), listed: new Set(origins.includes('*') ? [] : origins) }))

  app.decorateRequest('jar', function () { return jarFor({ protocol: this.protocol, hostname: this.hostname, claims: claimsIn(this) }) })
  app.decorateRequest('cookieNamed', function (name) {
    const { cookie: header } = this.headers
    const jar = header === undefined ? undefined : this.jar()
    return jar && app.parseCookie(header ?? '')[jar.names[name]]
  })
}, { name: 'cookies', dependencies: ['keys'] })
