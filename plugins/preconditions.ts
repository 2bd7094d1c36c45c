import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { fail } from '#lib/errors.js'
import { precondition, preconditionOf, refuseTags, validatorHeaders, type Precondition, type Tagged, type Validators } from '#lib/http/preconditions.js'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route asks `request.precondition` itself, because what it changes has entity tags. */
    conditional?: true
  }
  interface FastifyRequest {
    /** What the caller of a write wants to be there before it; undefined if the call does not say. */
    precondition: Precondition | undefined
  }
  interface FastifyReply {
    /** Sends something with its entity tag, or word that it has not changed. @throws `precondition_failed` */
    sendTagged: <T>(tagged: Tagged<T>, cacheControl?: string) => FastifyReply
    /** The same of a text that is JSON already. */
    sendTaggedJson: (tagged: Tagged<string>) => FastifyReply
  }
}

const reads = new Set(['GET', 'HEAD', 'OPTIONS'])

export default fp(async app => {
  app.decorateRequest('precondition', { getter () { return preconditionOf(this.headers) } })
  /** @param send what is sent where the client has not the same already */
  const answer = (reply: FastifyReply, headers: Record<string, string>, validators: Validators, send: () => FastifyReply): FastifyReply => {
    const outcome = precondition(validators, reply.request.headers, true)
    if (outcome === 'failed') return fail('precondition_failed')
    reply.headers(headers)
    return outcome === 'met' ? send() : reply.code(304).send()
  }
  app.decorateReply('sendTagged', function <T> (this: FastifyReply, { value, ...validators }: Tagged<T>, cacheControl?: string) {
    return answer(this, { ...validatorHeaders(validators), ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }) }, validators, () => this.send(value))
  })
  app.decorateReply('sendTaggedJson', function (this: FastifyReply, { value, ...validators }) {
    return answer(this, validatorHeaders(validators), validators, () => this.sendJson(value))
  })
  app.addHook('onRequest', (request, _reply, done) => {
    if (!request.is404 && !reads.has(request.method) && !request.routeOptions.config.conditional) refuseTags(request.headers)
    done()
  })
}, { name: 'preconditions', dependencies: ['auth', 'errors', 'json'] })
