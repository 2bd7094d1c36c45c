import fp from 'fastify-plugin'
import { openPage, type Page } from '#lib/pairing/page.js'

declare module 'fastify' {
  interface FastifyInstance { devicePage: Page }
}

export default fp(async app => {
  app.decorate('devicePage', openPage())
}, { name: 'device-page' })
