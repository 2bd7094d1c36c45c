import fp from 'fastify-plugin'

export default fp(async app => {
  app.removeContentTypeParser('text/plain')
  const parse = app.getDefaultJsonParser('error', 'error')
  // Clients that always send a JSON content type send it without a body, too; schemas say where one is needed.
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) return done(null, null)
    return parse(request, String(body), done)
  })
}, { name: 'json' })
