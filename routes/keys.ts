import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { ref, refusals } from '#lib/http/schema.js'
import { Key, KeyList, Kid } from '#lib/keys/schema.js'

export const autoPrefix = '/v1/keys'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { scopes: ['keys'], fresh: true } } as const
  const shared = { tags: ['operations'], security: [{ bearer: ['keys'] }] }
  const common = refusals(400, 401, 403, 503)

  app.get('', {
    config,
    schema: { ...shared, operationId: 'listKeys', summary: 'The keys that tokens are signed with, the latest first', response: { 200: KeyList, ...common } }
  }, async () => ({ items: await app.keys.list(), next: null }))

  app.post('/rotate', {
    config,
    schema: {
      ...shared,
      operationId: 'rotateKeys',
      summary: 'Announce a key that is to sign next',
      description: 'It signs after `KEY_OVERLAP`, and nobody is logged out. One that is announced already is answered again.',
      response: { 200: ref(Key), ...common }
    }
  }, async () => await app.keys.rotate())

  app.delete('/:kid', {
    config,
    schema: {
      ...shared,
      operationId: 'removeKey',
      summary: 'Remove a key, and with it all tokens that it signed',
      description: 'For a key that leaked. Other replicas learn of it within ten seconds.',
      params: Type.Object({ kid: Kid }),
      response: { 204: Type.Null(), ...refusals(404, 409), ...common }
    }
  }, async (request, reply) => {
    await app.keys.remove(request.params.kid)
    return reply.code(204).send(null)
  })
}

export default routes
