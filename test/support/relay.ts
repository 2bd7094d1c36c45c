import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import type { Test } from 'tap'

/** What stands between a service and its Redis. */
export interface Relay {
  port: number
  /** Carries everything this many milliseconds later from now on. */
  slowDown: (ms: number) => void
  /** Ends all connections; what is on its way gets nowhere, as if whoever sent it had died. */
  cut: () => void
}

/** Carries bytes to a port of this machine and back. What a client has sent is lost if it goes before it arrives. */
export async function startRelay (t: Test, to: number): Promise<Relay> {
  const open = new Set<Socket>()
  let delay = 0
  const server = createServer(client => {
    const upstream = connect(to, '127.0.0.1')
    open.add(client)
    client.on('data', data => { setTimeout(() => upstream.write(data), delay) })
    upstream.on('data', data => client.write(data))
    for (const [one, other] of [[client, upstream], [upstream, client]] as const) {
      one.on('error', () => {})
      one.on('close', () => {
        open.delete(one)
        other.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = (): void => { for (const client of open) client.destroy() }
  t.teardown(() => {
    server.close()
    cut()
  })
  return { port: (server.address() as AddressInfo).port, slowDown: ms => { delay = ms }, cut }
}
