import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { fail } from '#lib/errors.js'

const LIVE = '/health/live'

export default fp<AppOptions>(async (app, { overload: { delay, grace } }) => {
  let ready = Infinity
  app.addHook('onReady', async () => { ready = performance.now() })
  await app.register(underPressure, {
    maxEventLoopDelay: delay,
    exposeStatusRoute: false,
    pressureHandler: request => {
      // Whoever asks whether the process is alive would end it for being busy.
      if (request.routeOptions.url === LIVE) return
      if (performance.now() - ready > grace) fail('overloaded', { retryAfter: 5 })
    }
  })
}, { name: 'under-pressure' })
