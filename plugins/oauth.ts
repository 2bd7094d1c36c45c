import fp from 'fastify-plugin'
import { parseExtraScopes } from '#lib/access/extra-scopes.js'
import type { AppOptions } from '#lib/app-options.js'
import { createTheAdmin } from '#lib/auth-off/admin.js'
import { createOpenClientAuthentication } from '#lib/auth-off/clients.js'
import { createReplays } from '#lib/dpop/replays.js'
import { createAssertions } from '#lib/oauth/client-assertion.js'
import { createClientAuthentication } from '#lib/oauth/client-authentication.js'
import { createClientTokens } from '#lib/oauth/client-tokens.js'
import { createDeviceAuthorization } from '#lib/oauth/device-authorization.js'
import { createIntrospection } from '#lib/oauth/introspection.js'
import { createRevocation } from '#lib/oauth/revocation.js'
import { createServerMetadata } from '#lib/oauth/server-metadata.js'
import { createTokenEndpoint, offeredGrants } from '#lib/oauth/token-endpoint.js'

declare module 'fastify' {
  interface FastifyInstance {
    authorizeDevice: ReturnType<typeof createDeviceAuthorization>
    exchangeGrant: ReturnType<typeof createTokenEndpoint>
    introspectToken: ReturnType<typeof createIntrospection>
    revokeToken: ReturnType<typeof createRevocation>
    /** The metadata document for what comes behind its well-known path. @throws `not_found` */
    serverMetadata: ReturnType<typeof createServerMetadata>
  }
}

export default fp<AppOptions>(async (app, { config, now, randomId }) => {
  const { accounts, accountStore, sessions, codec, scopesOf, apiTokens, apiTokenStore, authenticate, oauthClients: registry, pairing: { devices } } = app
  const checkAssertion = createAssertions({ issuer: app.keys.issuer, isNew: createReplays({ redis: app.redis, names: app.names }), now, leeway: config.JWT_LEEWAY })
  const authenticateClient = config.AUTH === 'off'
    ? createOpenClientAuthentication(createTheAdmin(accountStore))
    : createClientAuthentication({ registry, codec, authenticate, checkAssertion })
  const clientTokens = createClientTokens({ codec, accounts: accountStore, scopesOf, audit: app.auditStore, count: app.countCall, lifetime: config.SESSION_TIMEOUT, randomId, now })
  const offered = offeredGrants(config.REFRESH_TOKENS === 'on')
  app.decorate('authorizeDevice', createDeviceAuthorization({ devices, authenticateClient }))
  app.decorate('exchangeGrant', createTokenEndpoint({ accounts, sessions, devices, clientTokens, authenticateClient, offered }))
  app.decorate('introspectToken', createIntrospection({ codec, registry, authenticate, authenticateClient, sessions: app.tokenStore, scopesOf }))
  app.decorate('revokeToken', createRevocation({ codec, registry, authenticateClient, sessions, apiTokens, apiTokenStore, durable: app.durable }))
  app.decorate('serverMetadata', createServerMetadata({
    issuer: app.keys.issuer,
    publicUrl: app.publicUrl,
    grants: offered,
    extraScopes: parseExtraScopes(config.EXTRA_SCOPES).keys()
  }))
}, { name: 'oauth', dependencies: ['redis', 'audit', 'keys', 'mail', 'accounts', 'sessions', 'jwt', 'scopes', 'auth', 'token-store', 'oauth-clients', 'api-limit', 'api-tokens', 'api-token-store', 'pairing'] })
