import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { withCommonRefusals, withOptionalBodies, withScheme } from '#lib/http/openapi.js'

/** Without upgrade-insecure-requests, which would leave the page empty where the service is reached by plain http. */
const DOCS_POLICY = "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"

export default fp<AppOptions>(async (app, { config }) => {
  const basic = config.BASIC_AUTH === 'on'
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Guardcell',
        description: 'Tokens and data sets, self-hosted.',
        version: '0.1.0',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
      },
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', bearerFormat: config.ACCESS_TOKEN_FORMAT === 'jwt' ? 'JWT' : 'opaque' },
          dpop: { type: 'http', scheme: 'DPoP', description: 'An access token that is bound to a key, with a proof for the call in the header `DPoP` (RFC 9449). A sign-in with such a header gives out bound tokens.' },
          ...(basic ? { basicAuth: { type: 'http', scheme: 'basic' } as const } : {}),
          cookieAuth: {
            type: 'apiKey',
            in: 'cookie',
            name: '__Host-gc_access',
            description: 'Set by a login with `transport: "cookie"`; `gc_access` over plain http to this machine. All methods but GET, HEAD and OPTIONS take `X-CSRF-Token` besides, with what is in `__Host-gc_csrf`.'
          }
        }
      },
      tags: [
        { name: 'auth', description: 'Signing in, rotating and ending tokens' },
        { name: 'sessions', description: 'Where an account is signed in' },
        { name: 'users', description: 'Accounts' },
        { name: 'API tokens', description: 'Tokens of machines, limited to some data sets' },
        { name: 'groups', description: 'Who works together on data sets' },
        { name: 'oauth', description: 'The same by the RFCs' },
        { name: 'data sets', description: 'Scans, filesets, files and what is said of them' },
        { name: 'PlantDB', description: 'The same for clients of PlantDB' },
        { name: 'operations', description: 'For operators' }
      ]
    },
    // Wherever a bearer token is taken, a bound one is as well, and a cookie, except by routes that speak in words of others.
    transform: ({ schema: own = {}, url, route }) => {
      const schema = withScheme('dpop', withCommonRefusals(route, own))
      const cookies = route.config?.dialect ?? route.config?.errors ? schema : withScheme('cookieAuth', schema)
      return { url, schema: basic && typeof route.config?.auth === 'object' ? withScheme('basicAuth', cookies) : cookies }
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
