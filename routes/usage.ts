import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { UserId } from '#lib/accounts/schema.js'
import { AccountUsage } from '#lib/datasets/schema.js'
import { ref, refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/users'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = { tags: ['users'] }
  const common = refusals(400, 401, 403, 503)

  app.get('/me/usage', {
    config: { auth: { scopes: ['profile'] } },
    schema: {
      ...shared, operationId: 'getUsage', summary: 'What the own account has of what it may have', security: [{ bearer: ['profile'] }], response: { 200: ref(AccountUsage), ...common }
    }
  }, async request => app.datasets.usageOf(request.principal.account.username))

  app.get('/:id/usage', {
    config: { auth: { scopes: ['users'] } },
    schema: {
      ...shared,
      operationId: 'getUserUsage',
      summary: 'The same of another account',
      security: [{ bearer: ['users'] }],
      params: Type.Object({ id: UserId }),
      response: { 200: ref(AccountUsage), ...refusals(404), ...common }
    }
  }, async request => app.datasets.usageOf((await app.accounts.get(request.params.id)).username))
}

export default routes
