import fp from 'fastify-plugin'
import { readPage, type Page } from '#lib/page/page.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The page that opens one-time links. */
    linkPage: Page
  }
}

export default fp(async app => {
  app.decorate('linkPage', await readPage({ title: 'Guardcell', name: 'link', folder: new URL('../lib/links/page/', import.meta.url) }))
}, { name: 'link-page' })
