import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import { fail } from '#lib/errors.js'

/** A process that has just been put together was busy with that, which says nothing of its load. */
const STARTING_MS = 10_000

export default fp(async app => {
  let ready = Infinity
  app.addHook('onReady', async () => { ready = performance.now() })
  await app.register(underPressure, {
    maxEventLoopDelay: 1_000,
    exposeStatusRoute: false,
    pressureHandler: () => { if (performance.now() - ready > STARTING_MS) fail('overloaded', { retryAfter: 5 }) }
  })
}, { name: 'under-pressure' })
