import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { refusals } from '#lib/http/schema.js'
import { LoggedIn, LoginBody, Message, NameCheck, NewPlantDBToken, PlantDBToken, RefreshBody, Tokens, UsernameQuery, Validated } from '#lib/plantdb/schema.js'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = { tags: ['PlantDB'] }
  const guarded = { ...shared, security: [{ bearer: [] }] }

  if (app.plantdb.namesAreTold) {
    app.get('/login', {
      config: { auth: 'public' },
      schema: { ...shared, operationId: 'plantdbNameCheck', summary: 'Whether a user name exists', querystring: UsernameQuery, response: { 200: NameCheck, ...refusals(400, 429, 503) } }
    }, async request => await app.plantdb.signingIn.exists(request.query.username, request.address))
  }

  app.post('/login', {
    config: { auth: 'public' },
    schema: { ...shared, operationId: 'plantdbLogin', summary: 'Sign in with user name and password', body: LoginBody, response: { 200: LoggedIn, ...refusals(400, 401, 409, 429, 503) } }
  }, async request => await app.plantdb.signingIn.login({ ...request.body, device: request.device() }))

  app.post('/logout', {
    config: { auth: { scopes: [] } },
    schema: { ...guarded, operationId: 'plantdbLogout', summary: 'End this session', response: { 200: Message, ...refusals(401, 403, 503) } }
  }, async request => await app.plantdb.signingIn.logout(request.account, request.signedIn.session))

  app.post('/create-api-token', {
    config: { auth: { scopes: ['api-tokens'], fresh: app.maxAuthAge } },
    schema: {
      ...shared,
      operationId: 'plantdbCreateApiToken',
      summary: 'Issue a token for a machine, limited to some data sets',
      security: [{ bearer: ['api-tokens'] }],
      body: NewPlantDBToken,
      response: { 200: PlantDBToken, ...refusals(400, 401, 403, 422, 429, 503) }
    }
  }, async (request, reply) => await reply.header('cache-control', 'no-store').send(await app.plantdb.issueToken(request.principal, request.body)))

  app.post('/token-validation', {
    config: { auth: { api: true, scopes: [] } },
    schema: { ...guarded, operationId: 'plantdbValidate', summary: 'Whose token this is', response: { 200: Validated, ...refusals(401, 403, 503) } }
  }, async request => app.plantdb.signingIn.validate(request.account))

  app.post('/token-refresh', {
    config: { auth: 'self' },
    schema: { ...shared, operationId: 'plantdbRefreshTokens', summary: 'Spend a refresh token for a new pair', body: RefreshBody, response: { 200: Tokens, ...refusals(400, 401, 429, 503) } }
  }, async request => await app.plantdb.signingIn.refresh(request.body.refresh_token, () => request.abandoned()))
}

export default routes
