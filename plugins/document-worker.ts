import fp from 'fastify-plugin'
import { createDocumentWorker, type DocumentWorker } from '#lib/document-worker/document-worker.js'

declare module 'fastify' {
  interface FastifyInstance { documentWorker: DocumentWorker }
}

export default fp(async app => {
  const documentWorker = createDocumentWorker()
  app.decorate('documentWorker', documentWorker)
  app.addHook('onClose', async () => { await documentWorker.close() })
}, { name: 'document-worker' })
