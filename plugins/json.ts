import fp from 'fastify-plugin'

/** JSON, and JSON merge patches (RFC 7396 section 4). */
const json = ['application/json', 'application/merge-patch+json']

export default fp(async app => {
  app.removeContentTypeParser('text/plain')
  const parse = app.getDefaultJsonParser('error', 'error')
  // Clients that always send a JSON content type send it without a body, too; schemas say where one is needed.
  app.addContentTypeParser(json, { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) return done(null, null)
    return parse(request, String(body), done)
  })
}, { name: 'json' })
