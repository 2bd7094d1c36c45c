import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { fail } from '#lib/errors.js'

export default fp<AppOptions>(async (app, { overload: { delay, grace } }) => {
  let ready = Infinity
  app.addHook('onReady', async () => { ready = performance.now() })
  await app.register(underPressure, {
    maxEventLoopDelay: delay,
    exposeStatusRoute: false,
    pressureHandler: () => { if (performance.now() - ready > grace) fail('overloaded', { retryAfter: 5 }) }
  })
}, { name: 'under-pressure' })
