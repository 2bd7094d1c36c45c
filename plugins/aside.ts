import fp from 'fastify-plugin'
import { createAside, type Aside } from '#lib/aside/aside.js'

declare module 'fastify' {
  interface FastifyInstance { aside: Aside }
}

export default fp(async app => {
  const aside = createAside()
  app.decorate('aside', aside)
  app.addHook('onClose', async () => { await aside.close() })
}, { name: 'aside' })
