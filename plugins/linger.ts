import fp from 'fastify-plugin'
import { isHeldBack } from '#lib/http/expectation.js'
import { closeGently, isStillSending } from '#lib/http/linger.js'

export default fp(async app => {
  // A large upload is refused before it is read: its client gets the answer, and need not send the rest. One that was
  // not asked for its body may send it or not, so that nobody could tell where its next request begins.
  app.addHook('onSend', async (request, reply) => {
    // That of the request is taken off it when its reading is broken off.
    const { socket } = reply.raw
    if (!isHeldBack(request.raw) && (reply.statusCode < 400 || !isStillSending(request.raw))) return
    if (!socket || socket.destroyed) return
    reply.header('connection', 'close')
    closeGently(socket)
  })
}, { name: 'linger' })
