import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createProofs, refuseProof, type Proof } from '#lib/dpop/proof.js'
import { createReplays } from '#lib/dpop/replays.js'
import { createTarget } from '#lib/dpop/target.js'

declare module 'fastify' {
  interface FastifyRequest {
    /**
     * The proof of possession of the request (RFC 9449), or undefined if it has none.
     * @param accessToken what the proof must be for, where one is presented
     * @throws `invalid_dpop_proof`
     */
    proof: (accessToken?: string) => Proof | undefined
    /** The access token under the scheme DPoP, and its proof, or undefined. @throws `invalid_dpop_proof` */
    provenToken: () => { token: string, proof: Proof } | undefined
  }
}

export default fp<AppOptions>(async (app, { now }) => {
  const { redis, names, keys, publicUrl } = app
  const prove = createProofs({ isTarget: createTarget([publicUrl, keys.issuer]), isNew: createReplays({ redis, names }), now })
  app.decorateRequest('proof', function (accessToken) {
    const { method, url, host, headers: { dpop: proof } } = this
    return proof === undefined ? undefined : prove({ proof, method, url, host, accessToken })
  })
  app.decorateRequest('provenToken', function () {
    const [, token] = /^dpop +(\S+)$/i.exec(this.headers.authorization ?? '') ?? []
    return token === undefined ? undefined : { token, proof: this.proof(token) ?? refuseProof('is missing') }
  })
}, { name: 'dpop', dependencies: ['redis', 'keys', 'mail'] })
