import fp from 'fastify-plugin'
import { pageHeaders, readPage, type PageFile } from '#lib/links/page.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** The page that opens one-time links. */
    linkPage: { headers: Record<string, string>, files: PageFile[] }
  }
}

export default fp(async app => {
  app.decorate('linkPage', { headers: pageHeaders, files: await readPage() })
}, { name: 'link-page' })
