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
      description: 'Another e-mail address gets a link that verifies it, and takes an authentication of the last `AUTH_MAX_AGE` seconds, because a lost password is replaced by mail.',
      body: Type.Object({ fullname: Type.Optional(Fullname), email: Type.Optional(Nullable(Email)) }, { additionalProperties: false, minProperties: 1 }),
      response: { 200: ref(User), ...common }
    }
  }, async request => await app.updateProfile(request.principal, request.body))
}

export default routes
