// Puts a request on the wire as it is: a client library would tidy it up.
import { request, type Agent } from 'node:http'
import type { Sent, Value } from './requests.js'
import type { World } from './world.js'

export interface Received { status: number, type: string, body: Buffer, ms: number, line: string }

const textOf = (value: Value, { known }: World): string => {
  if ('raw' in value) return value.raw
  if ('text' in value) return value.text
  const values = known[value.known as keyof World['known']]
  return values[value.nth % values.length]!
}

// A lone surrogate cannot be encoded; what stands for it can.
const encoded = (text: string): string => encodeURIComponent(text.replace(/\p{Surrogate}/gu, '\ufffd'))

const isReference = (value: unknown): value is { known: string, nth: number } => typeof value === 'object' && value !== null && 'known' in value && 'nth' in value

function bytesOf ({ type, content }: NonNullable<Sent['body']>, world: World): Buffer {
  if (Buffer.isBuffer(content)) return content
  const plain = typeof content === 'object' && content !== null && !Array.isArray(content)
    ? Object.fromEntries(Object.entries(content).map(([name, value]) => [name, isReference(value) ? textOf(value, world) : value]))
    : content
  if (type !== 'application/x-www-form-urlencoded' || typeof plain !== 'object' || plain === null) return Buffer.from(JSON.stringify(plain) ?? '')
  return Buffer.from(Object.entries(plain).map(([name, value]) => `${encoded(name)}=${encoded(typeof value === 'string' ? value : JSON.stringify(value) ?? '')}`).join('&'))
}

/** An answer that was broken off has the status 0. */
export async function send (sent: Sent, world: World, { port, agent }: { port: number, agent: Agent }): Promise<Received> {
  const path = sent.operation.path.replace(/\{([^}]+)\}|\*/g, (whole, name: string | undefined) => {
    const value = sent.path[name ?? whole]
    return value === undefined ? 'x' : 'raw' in value ? value.raw : encoded(textOf(value, world))
  })
  const query = sent.query.map(([name, value]) => `${encoded(name)}=${encoded(textOf(value, world))}`).join('&')
  const body = sent.body && bytesOf(sent.body, world)
  const url = query === '' ? path : `${path}?${query}`
  const authorization = world.credentials[sent.caller]
  const proof = sent.caller === 'holder' ? { dpop: world.holder.prove(sent.operation.method, `http://127.0.0.1:${port}${path}`, authorization?.slice('DPoP '.length)) } : {}
  const headers = {
    ...(authorization === undefined ? {} : { authorization }),
    ...proof,
    ...(sent.body && sent.body.type !== '' ? { 'content-type': sent.body.type } : {}),
    ...(body ? { 'content-length': String(body.length) } : {}),
    ...Object.fromEntries(sent.headers)
  }
  const began = performance.now()
  const line = `${sent.operation.method} ${url.slice(0, 300)} as ${sent.caller} ${JSON.stringify({ ...headers, authorization: undefined, dpop: undefined }).slice(0, 400)} ${body?.toString('latin1').slice(0, 400) ?? ''}`
  return await new Promise(resolve => {
    const breakOff = (error: Error): void => { resolve({ status: 0, type: '', body: Buffer.from(error.message), ms: performance.now() - began, line }) }
    const call = request({ host: '127.0.0.1', port, agent, method: sent.operation.method, path: url, headers }, answer => {
      const chunks: Buffer[] = []
      answer.on('data', chunk => { chunks.push(chunk as Buffer) })
      answer.on('error', breakOff)
      answer.on('end', () => { resolve({ status: answer.statusCode ?? 0, type: answer.headers['content-type'] ?? '', body: Buffer.concat(chunks), ms: performance.now() - began, line }) })
    })
    call.on('error', breakOff)
    call.end(body)
  })
}
