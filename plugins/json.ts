import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { excessOf } from '#lib/datasets/document-budget.js'
import { Problem } from '#lib/errors.js'

/** JSON, and JSON merge patches (RFC 7396 section 4). */
const json = ['application/json', 'application/merge-patch+json']

/** Bytes of a body, at least. */
const LEAST_LIMIT = 2 ** 20
/** Values of a body beside the metadata in it. */
const AROUND = 1000

export default fp<AppOptions>(async (app, { config }) => {
  app.removeContentTypeParser('text/plain')
  const parse = app.getDefaultJsonParser('error', 'error')
  const bodyLimit = Math.max(LEAST_LIMIT, config.METADATA_MAX_BYTES)
  const budget = { bytes: bodyLimit, values: config.METADATA_MAX_VALUES + AROUND, settings: 'METADATA' } as const
  // Clients that always send a JSON content type send it without a body, too; schemas say where one is needed.
  app.addContentTypeParser(json, { parseAs: 'string', bodyLimit }, (request, body, done) => {
    if (body.length === 0) return done(null, null)
    const text = String(body)
    const excess = excessOf(text, budget)
    if (excess !== undefined) return done(new Problem('body_too_large', { errors: [{ path: '', message: excess }] }))
    return parse(request, text, done)
  })
}, { name: 'json' })
