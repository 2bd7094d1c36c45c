import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

export interface Delivery { body: string, timestamp: string, signature: string }

/** Deliveries of different alarms. One is delivered at least once, and again if its answer came late. */
export const distinct = (deliveries: readonly Delivery[]): Delivery[] =>
  [...new Map(deliveries.map(delivery => [(JSON.parse(delivery.body) as { id: string }).id, delivery])).values()]

/** A receiver that answers as it is told, one call after the other, and then 204. `hang` answers nothing. */
export async function startReceiver (t: Test, ...answers: Array<number | 'hang'>) {
  const calls: Delivery[] = []
  const taken: Delivery[] = []
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    let body = ''
    request.on('data', data => { body += data })
    request.on('end', () => {
      const call = { body, timestamp: String(request.headers['guardcell-timestamp']), signature: String(request.headers['guardcell-signature']) }
      calls.push(call)
      const answer = answers.shift() ?? 204
      if (answer === 'hang') return
      if (answer < 300) taken.push(call)
      response.writeHead(answer).end()
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.closeAllConnections(); server.close() })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`, calls, taken }
}
