import type { FastifyInstance } from 'fastify'
import { request } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface RawAnswer { status: number, text: string }

/** Has the service listen on a free port. */
export async function listen (app: FastifyInstance): Promise<number> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return (app.server.address() as AddressInfo).port
}

/** Sends a path exactly as it is; `inject` and `fetch` would resolve its dots first. */
export const sendRaw = (port: number, method: string, path: string, headers: Record<string, string> = {}, body?: Buffer | string): Promise<RawAnswer> => new Promise((resolve, reject) => {
  const call = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, response => {
    const chunks: Buffer[] = []
    response.on('data', (chunk: Buffer) => chunks.push(chunk))
    response.on('end', () => resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('latin1') }))
    response.on('error', reject)
  })
  call.on('error', reject)
  call.end(body)
})

/** A connection on which a request was begun. */
export const begin = (port: number, head: string, body: Buffer | string = ''): Promise<Socket> => new Promise((resolve, reject) => {
  const socket = connect(port, '127.0.0.1', () => {
    socket.write(head.replace(/\n/g, '\r\n'))
    socket.write(body, error => error ? reject(error) : resolve(socket))
  })
  socket.on('error', reject)
})
