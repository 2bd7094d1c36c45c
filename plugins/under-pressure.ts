import underPressure from '@fastify/under-pressure'
import fp from 'fastify-plugin'

export default fp(async app => {
  await app.register(underPressure, { maxEventLoopDelay: 1_000, retryAfter: 5, exposeStatusRoute: false })
}, { name: 'under-pressure' })
