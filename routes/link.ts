import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'

export const autoPrefix = '/link'

const routes: FastifyPluginAsyncTypebox = async app => {
  const { headers, files } = app.linkPage
  for (const { path, type, text } of files) {
    app.get(path, {
      config: { auth: 'public' },
      schema: {
        operationId: `linkPage${path.replace(/\W/g, '')}`,
        tags: ['auth'],
        summary: 'The page that opens the links in mails',
        produces: [type.split(';', 1)[0]!],
        response: { 200: Type.String() }
      }
    }, async (_request, reply) => reply.headers(headers).type(type).send(text))
  }
}

export default routes
