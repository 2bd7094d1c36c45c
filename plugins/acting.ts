import type { FastifyRequest } from 'fastify'
import fp from 'fastify-plugin'
import type { Acting } from '#lib/audit/acting.js'
import { createRefusals, type Refusal } from '#lib/audit/refusals.js'
import type { Problem } from '#lib/errors.js'

const whoActs = (request: FastifyRequest): Acting => ({
  by: request.caller?.account.id ?? '',
  session: request.caller?.kind === 'access' ? request.caller.session : '',
  device: request.device()
})

const refusalOf = (request: FastifyRequest, { code, extras: { subject, about } }: Problem): Refusal => ({
  code,
  user: subject?.user ?? request.caller?.account.id,
  session: subject?.session,
  route: request.routeOptions.url ?? '',
  method: request.method,
  request: request.id,
  about
})

export default fp(async app => {
  const onError = (error: unknown): void => app.log.warn({ err: error }, 'an audit event could not be written')
  const refusals = createRefusals({ record: app.auditStore.record, byItself: app.acting.byItself, onError })
  app.addHook('onRequest', (request, _reply, done) => app.acting.run(() => whoActs(request), done))
  // Once more, because what reads the body goes on in the context of the connection.
  app.addHook('preValidation', (request, _reply, done) => app.acting.run(() => whoActs(request), done))
  // Before the answer goes out, so that whoever has it finds it recorded, whatever happens then.
  app.addHook('onSend', async request => {
    if (request.problem !== null) await refusals.note(refusalOf(request, request.problem))
  })
  app.addHook('onClose', async () => { await refusals.flush() })
}, { name: 'acting', dependencies: ['audit', 'client', 'errors'] })
