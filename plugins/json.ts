import { errorCodes, type FastifyReply, type FastifyRequest } from 'fastify'
import { isUtf8 } from 'node:buffer'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { excessOf } from '#lib/datasets/document-budget.js'
import { Problem } from '#lib/errors.js'
import { needsExact, parseExact } from '#lib/json/exact.js'
import { JsonText, SMALL } from '#lib/json/json-text.js'
import { inTurn, isLongText } from '#lib/json/large.js'
import { isDeep, withoutWords } from '#lib/json/read.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * Where in the body metadata are: they are all of it, or its member `metadata`. Such a body is taken as Python
     * writes it; numbers that a double does not give back as they were arrive as `RawJson`, large metadata as `JsonText`.
     */
    metadata?: 'all' | 'member'
  }
  interface FastifyReply {
    /** Sends a text that is JSON already. */
    sendJson: (text: string) => FastifyReply
  }
}

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
  const tooMany = `has more than ${budget.values} values (METADATA_MAX_VALUES and ${AROUND} around them)`
  // Clients that always send a JSON content type send it without a body, too; schemas say where one is needed.
  app.addContentTypeParser(json, { parseAs: 'buffer', bodyLimit }, (request, body: Buffer, done) => {
    if (body.length === 0) return done(null, null)
    // What is decoded with replacements is not what was sent (RFC 8259 section 8.1).
    if (!isUtf8(body)) return done(new Problem('invalid_request', { errors: [{ path: '', message: 'must be UTF-8' }] }))
    const text = body.toString()
    const { metadata } = request.routeOptions.config
    if (metadata !== undefined && text.length > SMALL) {
      open(text, metadata, request.caller?.account.username ?? '').then(value => { done(null, value) }, done)
      return
    }
    if (excessOf(text, budget) !== undefined) return done(new Problem('body_too_large', { errors: [{ path: '', message: tooMany }] }))
    inTurn(isLongText(text), () => { read(request, text, done) }).catch(done)
  })

  /** A large body whose metadata are not parsed here. @param caller whose turn it is */
  const open = async (text: string, where: 'all' | 'member', caller: string): Promise<unknown> => {
    try {
      const { rest, text: own, isDeep } = await app.documentWorker.run('openBody', { text, member: where === 'all' ? undefined : 'metadata', budget, tooMany }, text.length, caller)
      const metadata = own === undefined ? undefined : new JsonText(own, isDeep)
      if (rest === undefined) return metadata
      const value: unknown = JSON.parse(rest)
      return metadata ? { ...value as object, metadata } : value
    } catch (error) {
      throw error instanceof SyntaxError ? new errorCodes.FST_ERR_CTP_INVALID_JSON_BODY() : error
    }
  }

  const read = (request: FastifyRequest, text: string, done: (error: Error | null, body?: unknown) => void): void => {
    if (request.routeOptions.config.metadata === undefined || !needsExact(text)) {
      void parse(request, text, done)
      return
    }
    // Names that could change prototypes are refused as elsewhere; what is too deep is left to be refused.
    void parse(request, withoutWords(text), (error, value) => {
      if (error) done(error)
      else done(null, isDeep(text) ? value : parseExact(text))
    })
  }

  app.decorateReply('sendJson', function (this: FastifyReply, text) {
    return this.type('application/json; charset=utf-8').serializer(String).send(text)
  })
}, { name: 'json', dependencies: ['document-worker'] })
