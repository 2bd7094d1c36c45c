import fp from 'fastify-plugin'
import { closeGently, isStillSending } from '#lib/http/linger.js'

export default fp(async app => {
  // A large upload is refused before it is read: its client gets the answer, and need not send the rest.
  app.addHook('onSend', async (request, reply) => {
    // That of the request is taken off it when its reading is broken off.
    const { socket } = reply.raw
    if (reply.statusCode < 400 || !isStillSending(request.raw) || !socket || socket.destroyed) return
    reply.header('connection', 'close')
    closeGently(socket)
  })
}, { name: 'linger' })
