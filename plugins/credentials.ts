import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import { fail } from '#lib/errors.js'
import type { Proof } from '#lib/dpop/proof.js'
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
  }
}

/** Cookies are credentials of our own API only: PlantDB's routes answer pages of every origin, those of OAuth know clients, not browsers. */
const takesCookies = ({ headers, routeOptions: { config } }: FastifyRequest): boolean =>
  headers.authorization === undefined && config.dialect === undefined && config.errors === undefined

export default fp(async app => {
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
}, { name: 'credentials', dependencies: ['admission', 'cookies', 'jwt', 'dpop', 'dialect', 'errors'] })
