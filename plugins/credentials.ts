import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { fail } from '#lib/errors.js'
import type { Proof } from '#lib/dpop/proof.js'
import { originOf } from '#lib/cookies/origin.js'
import type { Transport } from '#lib/sessions/state.js'

/** A token and how it came. */
interface Sent { token: string, transport: Transport, proof?: Proof | undefined }

type Admit = (session: string) => void

declare module 'fastify' {
  interface FastifyRequest {
    /** The access or API token of the request, or undefined. An Authorization header, whatever is in it, hides cookies. @throws `invalid_dpop_proof` */
    sentToken: () => Sent | undefined
    /** The refresh token of the request: the one in its body, else the one in its cookie. @throws `authentication_required`, `invalid_dpop_proof` */
    sentRefreshToken: (inBody: string | undefined) => Sent & { admit: Admit }
    /** All that a request has to sign out with. */
    sentTokens: (inBody: string | undefined) => { accessToken: string | undefined, refreshToken: string | undefined, transport: Transport, proof?: Proof | undefined, admit: Admit }
    /** @throws `csrf_failed` unless a call with tokens that came this way may act for a session */
    admit: (transport: Transport, session: string) => void
    /** @throws `cookies_need_https`, `csrf_failed`, `invalid_request` unless the page that asks may be given cookies */
    admitCookies: () => void
    /** @throws `csrf_failed` if a foreign page acts with the name and password that a browser keeps */
    admitPassword: () => void
  }
}

/** Cookies are credentials of our own API only: PlantDB's routes answer pages of every origin, those of OAuth know clients, not browsers. */
const takesCookies = ({ headers, routeOptions: { config } }: FastifyRequest): boolean =>
  headers.authorization === undefined && config.dialect === undefined && config.errors === undefined

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
  app.decorateRequest('sentToken', function () {
    if (!takesCookies(this)) {
      const token = this.bearer()
      if (token !== undefined) return { token, transport: 'bearer' }
      const proven = this.provenToken()
      return proven && { ...proven, transport: 'dpop' }
    }
    const token = this.cookieNamed('access')
    return token === undefined ? undefined : { token, transport: 'cookie' }
  })
  app.decorateRequest('sentTokens', function (inBody) {
    const proven = this.provenToken()
    const proof = proven?.proof ?? (inBody === undefined ? undefined : this.proof())
    if (proof) return { accessToken: proven?.token, refreshToken: inBody, transport: 'dpop', proof, admit: () => {} }
    const transport = inBody === undefined && takesCookies(this) ? 'cookie' : 'bearer'
    const admit: Admit = session => this.admit(transport, session)
    if (transport === 'bearer') return { accessToken: this.bearer(), refreshToken: inBody, transport, admit }
    return { accessToken: this.cookieNamed('access'), refreshToken: this.cookieNamed('refresh'), transport, admit }
  })
  app.decorateRequest('sentRefreshToken', function (inBody) {
    const { refreshToken: token, ...sent } = this.sentTokens(inBody)
    return { ...sent, token: token ?? fail('authentication_required') }
  })
}, { name: 'credentials', dependencies: ['cookies', 'jwt', 'dpop', 'dialect', 'errors'] })
