import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

export const autoPrefix = '/device'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: 'public' } as const
  const { html, script, style, policy } = app.devicePage

  app.get('', {
    config,
    schema: { operationId: 'devicePage', tags: ['API tokens'], summary: 'The page on which a user approves a device', produces: ['text/html'], response: { 200: Type.String() } }
  }, async (_request, reply) => reply.type('text/html; charset=utf-8').header('content-security-policy', policy).send(html))

  app.get('/script.js', { config, schema: { hide: true } }, async (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script))

  app.get('/style.css', { config, schema: { hide: true } }, async (_request, reply) => reply.type('text/css; charset=utf-8').send(style))
}

export default routes
