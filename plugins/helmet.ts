import helmet from '@fastify/helmet'
import fp from 'fastify-plugin'

export default fp(async app => {
  await app.register(helmet, {
    // Nothing that is served here is a page but /docs, which brings a policy of its own.
    contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
    frameguard: { action: 'deny' },
    crossOriginResourcePolicy: { policy: 'cross-origin' }
  })
}, { name: 'helmet' })
