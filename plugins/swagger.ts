import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import { withOptionalBodies } from '#lib/http/openapi.js'

/** Without upgrade-insecure-requests, which would leave the page empty where the service is reached by plain http. */
const DOCS_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

export default fp(async app => {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Guardcell',
        description: 'Tokens and data sets, self-hosted.',
        version: '0.1.0',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
      },
      components: { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } },
      tags: [
        { name: 'auth', description: 'Signing in, rotating and ending tokens' },
        { name: 'sessions', description: 'Where an account is signed in' },
        { name: 'users', description: 'Accounts' },
        { name: 'oauth', description: 'The same by the RFCs' },
        { name: 'operations', description: 'For operators' }
      ]
    },
    transformObject: document => 'openapiObject' in document ? withOptionalBodies(document.openapiObject) : document.swaggerObject,
    refResolver: { buildLocalReference: (json, _base, _fragment, index) => typeof json.$id === 'string' ? json.$id : `def-${index}` }
  })
  // The routes of the page are not ours to declare rules on: they are public, like the document they show.
  await app.register(async docs => {
    docs.addHook('onRoute', route => { route.config = { ...route.config, auth: 'public' } })
    await docs.register(swaggerUi, { routePrefix: '/docs', staticCSP: DOCS_POLICY, uiConfig: { persistAuthorization: false } })
  })
}, { name: 'swagger', dependencies: ['schemas', 'auth', 'security-headers'] })
