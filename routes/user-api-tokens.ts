import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UserId } from '#lib/accounts/schema.js'
import { ApiTokenId, ApiTokenList, ApiTokenQuery } from '#lib/api-tokens/schema.js'
import { refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/users/:id/api-tokens'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { scopes: ['users'] } } as const
  const shared = { tags: ['users'], security: [{ bearer: ['users'] }] }
  const common = refusals(400, 401, 403, 404, 503)
  const params = Type.Object({ id: UserId })

  app.get('', {
    config,
    schema: { ...shared, operationId: 'listUserApiTokens', summary: 'The API tokens of an account', params, querystring: ApiTokenQuery, response: { 200: ApiTokenList, ...common } }
  }, async request => {
    const { id } = await app.accounts.get(request.params.id)
    return await app.apiTokens.list(id, request.query)
  })

  app.delete('', {
    config,
    schema: { ...shared, operationId: 'revokeUserApiTokens', summary: 'Withdraw all API tokens of an account', params, response: { 204: Type.Null(), ...common } }
  }, async (request, reply) => {
    const { id } = await app.accounts.get(request.params.id)
    await app.apiTokens.revokeAll(id, 'revoked_by_admin')
    return reply.code(204).send(null)
  })

  app.delete('/:token', {
    config,
    schema: {
      ...shared,
      operationId: 'revokeUserApiToken',
      summary: 'Withdraw an API token of an account',
      params: Type.Object({ id: UserId, token: ApiTokenId }),
      response: { 204: Type.Null(), ...common }
    }
  }, async (request, reply) => {
    await app.apiTokens.revoke(request.params.id, request.params.token, 'revoked_by_admin')
    return reply.code(204).send(null)
  })
}

export default routes
