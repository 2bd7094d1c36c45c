import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Email, Fullname, User } from '#lib/accounts/schema.js'
import { Nullable, ref, refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/users/me'

const routes: FastifyPluginAsyncTypebox = async app => {
  const shared = { tags: ['users'], security: [{ bearer: ['profile'] }] }
  const common = refusals(400, 401, 403, 503)

  app.get('', {
    config: { auth: { scopes: ['profile'] } },
    schema: { ...shared, operationId: 'getProfile', summary: 'The own account', response: { 200: ref(User), ...common } }
  }, async request => app.accounts.present(request.principal.account))

  app.patch('', {
    config: { auth: { scopes: ['profile'] } },
    schema: {
      ...shared,
      operationId: 'updateProfile',
      summary: 'Change the own account',
      body: Type.Object({ fullname: Type.Optional(Fullname), email: Type.Optional(Nullable(Email)) }, { additionalProperties: false, minProperties: 1 }),
      response: { 200: ref(User), ...common }
    }
  }, async request => await app.accounts.update(request.principal.account.id, request.body))
}

export default routes
