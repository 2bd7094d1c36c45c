import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'

/** A body that is smaller is read to its end, and the connection goes on. */
const SMALL = 65_536
const LINGER_MS = 1_000
const LINGER_BYTES = 262_144

/** Whether much of a body may still be on its way. */
export function isStillSending ({ complete, headers }: IncomingMessage): boolean {
  if (complete) return false
  const length = headers['content-length']
  return length === undefined ? headers['transfer-encoding'] !== undefined : Number(length) > SMALL
}

/**
 * Has a connection end so that its client can read the answer to a body that was not read. Closing it at once
 * would reset it, and the answer would be lost with it (RFC 9112 section 9.6): it is closed for writing, a
 * little more is read, and the client has a moment.
 */
export function closeGently (socket: Socket): void {
  const before = socket.bytesRead
  socket.destroySoon = () => {
    const drained = (): void => { if (socket.bytesRead - before > LINGER_BYTES) socket.pause() }
    socket.on('data', drained)
    socket.end()
    const timer = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('end', () => socket.destroy())
    socket.once('close', () => clearTimeout(timer))
  }
}
