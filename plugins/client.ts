import fp from 'fastify-plugin'
import { addressIn } from '#lib/limits/address.js'
import type { Device } from '#lib/sessions/state.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request comes from, for limits, sessions and the audit log alike; `unknown` if a proxy does not say it. */
    readonly address: string
    /** The client and its address. */
    device: (label?: string) => Device
    /** Whether the answer would come too late to be of use, so that nothing must be spent for it. */
    abandoned: () => boolean
    arrived: number
  }
}

const PATIENCE_MS = 10_000
const LONGEST_USER_AGENT = 256

export default fp(async app => {
  app.decorateRequest('arrived', 0)
  app.addHook('onRequest', (request, _reply, done) => {
    request.arrived = performance.now()
    done()
  })
  app.decorateRequest('address', { getter () { return addressIn(this.ip) } })
  app.decorateRequest('device', function (label) {
    return { ip: this.address, user_agent: this.headers['user-agent']?.slice(0, LONGEST_USER_AGENT) ?? null, label: label ?? null }
  })
  app.decorateRequest('abandoned', function () {
    return this.raw.socket.destroyed || performance.now() - this.arrived > PATIENCE_MS
  })
}, { name: 'client' })
