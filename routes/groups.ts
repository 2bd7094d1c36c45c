import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Username } from '#lib/accounts/schema.js'
import { Description, Group, GroupList, GroupName } from '#lib/groups/schema.js'
import { Nullable, PageQuery, ref, refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/groups'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { scopes: ['groups'] } } as const
  const shared = { tags: ['groups'], security: [{ bearer: ['groups'] }] }
  const common = refusals(400, 401, 403, 503)
  const params = Type.Object({ name: GroupName })
  const member = Type.Object({ name: GroupName, username: Username })

  app.get('', {
    config,
    schema: { ...shared, operationId: 'listGroups', summary: 'The own groups, by name; all groups for admins', querystring: PageQuery, response: { 200: GroupList, ...common } }
  }, async request => await app.groups.list(request.principal.account, request.query.limit, request.query.cursor))

  app.get('/:name', {
    config,
    schema: { ...shared, operationId: 'getGroup', summary: 'One group', params, response: { 200: ref(Group), ...refusals(404), ...common } }
  }, async request => await app.groups.get(request.principal.account, request.params.name))

  app.post('', {
    config,
    schema: {
      ...shared,
      operationId: 'createGroup',
      summary: 'Create a group; for admins',
      body: Type.Object({ name: GroupName, description: Type.Optional(Nullable(Description)) }, { additionalProperties: false }),
      response: { 201: ref(Group), ...refusals(409), ...common }
    }
  }, async (request, reply) => {
    const group = await app.groups.create(request.principal.account, request.body)
    return reply.code(201).header('location', `/v1/groups/${group.name}`).send(group)
  })

  app.put('/:name/members/:username', {
    config: { auth: { scopes: ['groups'], fresh: app.maxAuthAge } },
    schema: { ...shared, operationId: 'addMember', summary: 'Add a member; for admins and members', params: member, response: { 204: Type.Null(), ...refusals(404), ...common } }
  }, async (request, reply) => {
    await app.groups.addMember(request.principal.account, request.params.name, request.params.username)
    return reply.code(204).send(null)
  })

  app.delete('/:name', {
    config,
    schema: { ...shared, operationId: 'deleteGroup', summary: 'Delete a group; for admins', params, response: { 204: Type.Null(), ...refusals(404), ...common } }
  }, async (request, reply) => {
    await app.groups.remove(request.principal.account, request.params.name)
    return reply.code(204).send(null)
  })

  app.delete('/:name/members/:username', {
    config,
    schema: { ...shared, operationId: 'removeMember', summary: 'Remove a member; for admins and members', params: member, response: { 204: Type.Null(), ...refusals(404), ...common } }
  }, async (request, reply) => {
    await app.groups.removeMember(request.principal.account, request.params.name, request.params.username)
    return reply.code(204).send(null)
  })
}

export default routes
