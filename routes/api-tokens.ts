import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ApiToken, ApiTokenId, ApiTokenList, ApiTokenQuery, Eligibility, IssuedToken, NewApiToken } from '#lib/api-tokens/schema.js'
import { ref, refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/api-tokens'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { scopes: ['api-tokens'] } } as const
  const shared = { tags: ['API tokens'], security: [{ bearer: ['api-tokens'] }] }
  const common = refusals(400, 401, 403, 503)
  const params = Type.Object({ id: ApiTokenId })

  app.post('', {
    config: { auth: { scopes: ['api-tokens'], fresh: app.maxAuthAge } },
    schema: { ...shared, operationId: 'createApiToken', summary: 'Issue a token for a machine, limited to some data sets', body: NewApiToken, response: { 201: ref(IssuedToken), ...refusals(422, 429), ...common } }
  }, async (request, reply) => {
    const issued = await app.apiTokens.create(request.principal, request.body)
    return reply.code(201).header('cache-control', 'no-store').header('location', `/v1/api-tokens/${issued.id}`).send(issued)
  })

  app.get('', {
    config,
    schema: { ...shared, operationId: 'listApiTokens', summary: 'The own API tokens, the latest first', querystring: ApiTokenQuery, response: { 200: ApiTokenList, ...common } }
  }, async request => await app.apiTokens.list(request.principal.account.id, request.query))

  app.get('/eligibility', {
    config,
    schema: { ...shared, operationId: 'getApiTokenEligibility', summary: 'Whether a further API token would be issued now', response: { 200: Eligibility, ...common } }
  }, async request => await app.apiTokens.eligibility(request.principal.account.id))

  app.get('/:id', {
    config,
    schema: { ...shared, operationId: 'getApiToken', summary: 'One API token', params, response: { 200: ref(ApiToken), ...refusals(404), ...common } }
  }, async request => await app.apiTokens.get(request.principal.account.id, request.params.id))

  app.delete('/:id', {
    config,
    schema: { ...shared, operationId: 'revokeApiToken', summary: 'Withdraw an API token', params, response: { 204: Type.Null(), ...refusals(404), ...common } }
  }, async (request, reply) => {
    await app.apiTokens.revoke(request.principal.account.id, request.params.id, 'revoked')
    return reply.code(204).send(null)
  })
}

export default routes
