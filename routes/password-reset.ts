import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Nothing, refusals } from '#lib/http/schema.js'
import { LostPassword, PasswordReset } from '#lib/links/schema.js'

export const autoPrefix = '/v1/auth/password'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: 'public' } as const
  const shared = { tags: ['auth'] }

  app.post('/forgot', {
    config,
    schema: {
      ...shared,
      operationId: 'forgotPassword',
      summary: 'Have a link for a new password sent',
      description: 'The answer is the same whether there is such an account or not. The link goes to the e-mail address of the account.',
      body: LostPassword,
      response: { 202: Nothing, ...refusals(400, 429, 503) }
    }
  }, async (request, reply) => {
    await app.links.passwordReset.request(request.body, request.address)
    return reply.code(202).send(undefined)
  })

  app.post('/reset', {
    config,
    schema: {
      ...shared,
      operationId: 'resetPassword',
      summary: 'Set a new password with a link; all sessions end',
      body: PasswordReset,
      response: { 204: Type.Null(), ...refusals(400, 410, 422, 429, 503) }
    }
  }, async (request, reply) => {
    await app.links.limitUse(request.address)
    await app.links.passwordReset.reset(request.body.token, request.body.new)
    return reply.code(204).send(null)
  })
}

export default routes
