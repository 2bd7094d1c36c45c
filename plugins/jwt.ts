import jwt from '@fastify/jwt'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createCodec, type Codec } from '#lib/tokens/codec.js'

declare module 'fastify' {
  interface FastifyInstance { codec: Codec }
  interface FastifyRequest {
    /** The bearer token of the request (RFC 6750 section 2.1), or undefined; nothing is known about it yet. */
    bearer: () => string | undefined
  }
}

export default fp<AppOptions>(async (app, { config, now }) => {
  const { current, issuer } = app.keys
  await app.register(jwt, {
    secret: current.secret,
    sign: { algorithm: 'HS512', kid: current.kid, iss: issuer, aud: config.AUDIENCE },
    verify: { algorithms: ['HS512'], allowedIss: issuer, allowedAud: config.AUDIENCE }
  })
  app.decorate('codec', createCodec({ keys: app.keys, audience: config.AUDIENCE, accessFormat: config.ACCESS_TOKEN_FORMAT, leeway: config.JWT_LEEWAY, now }))
  app.decorateRequest('bearer', function () {
    // RFC 9110 section 11.4: one or more spaces. @fastify/jwt takes one only.
    return /^bearer +(\S+)$/i.exec(this.headers.authorization ?? '')?.[1]
  })
}, { name: 'jwt', dependencies: ['keys'] })
