import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { PageQuery, ref, refusals } from '#lib/http/schema.js'
import { Invitation, InvitationId, InvitationList, NewInvitation } from '#lib/links/schema.js'

export const autoPrefix = '/v1/invitations'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { scopes: ['users'] } } as const
  const shared = { tags: ['users'], security: [{ bearer: ['users'] }] }
  const common = refusals(400, 401, 403, 503)

  app.get('', {
    config,
    schema: {
      ...shared,
      operationId: 'listInvitations',
      summary: 'Invitations that can be used, the latest first',
      description: 'Of all who may invite. How to open them is told only once, to who made them.',
      querystring: PageQuery,
      response: { 200: InvitationList, ...common }
    }
  }, async request => await app.links.invitations.list(request.query))

  app.post('', {
    config: { auth: { scopes: ['users'], fresh: app.maxAuthAge } },
    schema: {
      ...shared,
      operationId: 'createInvitation',
      summary: 'Invite somebody to make an account',
      description: 'An invitation works once, as long as who made it may manage accounts. One for an e-mail address is sent there as well.',
      body: NewInvitation,
      response: { 201: ref(Invitation), ...common }
    }
  }, async (request, reply) => {
    const invitation = await app.links.invitations.create(request.principal.account.id, request.body)
    return reply.code(201).header('cache-control', 'no-store').send(invitation)
  })

  app.delete('/:id', {
    config,
    schema: {
      ...shared,
      operationId: 'withdrawInvitation',
      summary: 'Make an invitation void',
      params: Type.Object({ id: InvitationId }),
      response: { 204: Type.Null(), ...refusals(404), ...common }
    }
  }, async (request, reply) => {
    await app.links.invitations.withdraw(request.params.id)
    return reply.code(204).send(null)
  })
}

export default routes
