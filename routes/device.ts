import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

export const autoPrefix = '/device'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { headers, files } = app.devicePage
  const page = { operationId: 'devicePage', tags: ['API tokens'], summary: 'The page on which a user approves a device', produces: ['text/html'], response: { 200: Type.String() } }
  for (const { path, type, text } of files) {
    app.get(path, { config: { auth: 'public' }, schema: path === '' ? page : { hide: true } }, async (_request, reply) => reply.headers(headers).type(type).send(text))
  }
}

export default routes
