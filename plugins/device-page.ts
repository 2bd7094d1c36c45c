import fp from 'fastify-plugin'
import { readPage, type Page } from '#lib/page/page.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The page on which users approve devices. */
    devicePage: Page
  }
}

export default fp(async app => {
  app.decorate('devicePage', await readPage({ title: 'Pair a device - Guardcell', name: 'device', folder: new URL('../lib/pairing/page/', import.meta.url) }))
}, { name: 'device-page' })
