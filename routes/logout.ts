import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Words, refusals } from '#lib/http/schema.js'
import { whichSessions } from '#lib/sessions/schema.js'

export const autoPrefix = '/v1/auth/logout'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.post('', {
    config: { auth: 'self' },
    schema: {
      operationId: 'logout',
      tags: ['auth'],
      summary: 'End this session, the others, or all',
      description: 'Takes an access token, a refresh token or both, or cookies, which are removed; with a refresh token it also works when the access token has expired.',
      security: [{ bearer: [] }, { cookieAuth: [] }, {}],
      body: Type.Optional(Type.Unsafe<{ refresh_token?: string, sessions?: keyof typeof whichSessions } | null>({
        type: ['object', 'null'],
        properties: { refresh_token: Type.String({ minLength: 1 }), sessions: Words(['this', 'others', 'all'], { default: 'this' }) },
        additionalProperties: false
      })),
      response: { 204: Type.Null(), ...refusals(400, 401, 403, 503) }
    }
  }, async (request, reply) => {
    const { refresh_token: inBody, sessions = 'this' } = request.body ?? {}
    const sent = request.sentTokens(inBody)
    await reply.takeTokens(sent.transport, app.logout({ ...sent, which: whichSessions[sessions] }))
    return reply.code(204).send(null)
  })
}

export default routes
