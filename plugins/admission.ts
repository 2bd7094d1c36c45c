import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { originOf } from '#lib/cookies/origin.js'
import { fail } from '#lib/errors.js'
import type { Transport } from '#lib/sessions/state.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** @throws `csrf_failed` unless a call with tokens that came this way may act for a session */
    admit: (transport: Transport, session: string) => void
    /** @throws `cookies_need_https`, `csrf_failed`, `invalid_request` unless the page that asks may be given cookies */
    admitCookies: () => void
    /** @throws `csrf_failed` if a foreign page acts with the name and password that a browser keeps */
    admitPassword: () => void
  }
}

const text = (header: string | string[] | undefined): string | undefined => Array.isArray(header) ? undefined : header

const sourceOf = ({ headers, protocol, host }: FastifyRequest) =>
  ({ origin: headers.origin, fetchSite: text(headers['sec-fetch-site']), own: originOf(protocol, host) })

export default fp(async app => {
  const { cookieGuard: guard } = app
  app.decorateRequest('admit', function (transport, session) {
    if (transport !== 'cookie') return
    guard.admit({ ...sourceOf(this), method: this.method, cookie: this.cookieNamed('csrf'), header: text(this.headers['x-csrf-token']) }, session)
  })
  app.decorateRequest('admitCookies', function () {
    if (!this.jar()) fail('cookies_need_https')
    if (this.headers.dpop !== undefined) fail('invalid_request', { errors: [{ path: '/headers/dpop', message: 'binds no cookies: leave it out, or ask for the transport bearer' }] })
    guard.admitLogin(sourceOf(this))
  })
  app.decorateRequest('admitPassword', function () { guard.admitPassword({ ...sourceOf(this), method: this.method }) })
}, { name: 'admission', dependencies: ['cookies'] })
