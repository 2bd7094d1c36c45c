import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Email, Fullname, Password, Roles, User, UserId, UserList, Username } from '#lib/accounts/schema.js'
import { PageQuery, ref, refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/users'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { scopes: ['users'] } } as const
  const shared = { tags: ['users'], security: [{ bearer: ['users'] }] }
  const common = refusals(400, 401, 403, 503)
  const params = Type.Object({ id: UserId })

  app.get('', {
    config,
    schema: { ...shared, operationId: 'listUsers', summary: 'All accounts, by name', querystring: PageQuery, response: { 200: UserList, ...common } }
  }, async request => await app.accounts.list(request.query.limit, request.query.cursor))

  app.get('/:id', {
    config,
    schema: { ...shared, operationId: 'getUser', summary: 'One account', params, response: { 200: ref(User), ...refusals(404), ...common } }
  }, async request => await app.accounts.get(request.params.id))

  app.post('', {
    config: { auth: { scopes: ['users'], fresh: app.maxAuthAge } },
    schema: {
      ...shared,
      operationId: 'createUser',
      summary: 'Create an account',
      description: 'An e-mail address that does not count as verified gets a link that verifies it.',
      body: Type.Object({
        username: Username,
        fullname: Fullname,
        password: Password,
        roles: Type.Optional(Roles),
        email: Type.Optional(Email),
        verified: Type.Optional(Type.Boolean())
      }, { additionalProperties: false }),
      response: { 201: ref(User), ...refusals(409, 422), ...common }
    }
  }, async (request, reply) => {
    const user = await app.accounts.create(request.body)
    app.links.emailVerification.welcome(user)
    return reply.code(201).header('location', `/v1/users/${user.id}`).send(user)
  })

  app.patch('/:id', {
    config,
    schema: {
      ...shared,
      operationId: 'updateUser',
      summary: 'Change an account; deactivating it ends its sessions',
      description: 'Other roles, `active: true` and `verified: true` take an authentication of the last `AUTH_MAX_AGE` seconds.',
      params,
      body: Type.Object({
        fullname: Type.Optional(Fullname),
        roles: Type.Optional(Roles),
        active: Type.Optional(Type.Boolean()),
        verified: Type.Optional(Type.Boolean())
      }, { additionalProperties: false, minProperties: 1 }),
      response: { 200: ref(User), ...refusals(404, 409), ...common }
    }
  }, async ({ principal, params: { id }, body }) => {
    if (body.roles !== undefined || body.active === true || body.verified === true) app.requireRecentAuth(principal)
    return await app.accounts.update(id, body)
  })

  app.delete('/:id', {
    config,
    schema: {
      ...shared,
      operationId: 'deleteUser',
      summary: 'Delete an account; its name is never given to another one',
      params,
      response: { 204: Type.Null(), ...refusals(404, 409), ...common }
    }
  }, async (request, reply) => {
    await app.accounts.remove(request.params.id)
    return reply.code(204).send(null)
  })
}

export default routes
