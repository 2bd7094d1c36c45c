import fp from 'fastify-plugin'

const LOOK_AGAIN_MS = 50

export default fp(async app => {
  // A connection that was busy when the end began becomes idle with its answer, and would be kept open.
  let timer: NodeJS.Timeout | undefined
  app.addHook('preClose', async () => { timer = setInterval(() => app.server.closeIdleConnections(), LOOK_AGAIN_MS) })
  app.addHook('onClose', async () => clearInterval(timer))
}, { name: 'shutdown' })
