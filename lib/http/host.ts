import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'
import { fail } from '../errors.js'

/** A name or an IPv4 address (RFC 3986 section 3.2.2); without the comma that joins two of them. */
const name = /^(?:[\w.~!$&'()*+;=-]|%[\dA-F]{2})+$/i
const parts = /^(\[[^\]]*\]|[^:[\]]*)(?::(\d{0,5}))?$/

/** Whether a text is where a URL of http may point: a host and perhaps a port. */
export function isHost (text: string): boolean {
  const [, host = '', port = ''] = parts.exec(text) ?? []
  if (Number(port) > 65_535) return false
  return host.startsWith('[') ? isIPv6(host.slice(1, -1)) && !host.includes('%') : name.test(host)
}

function hostLines ({ rawHeaders }: IncomingMessage): number {
  let count = 0
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.length === 4 && rawHeaders[i]!.toLowerCase() === 'host') count++
  return count
}

/**
 * Refuses a request that does not say once, and rightly, which host it is for (RFC 9112 section 3.2): proxies in front
 * may have taken it for one to another host.
 * @throws `invalid_request`
 */
export function checkHost (request: IncomingMessage): void {
  const refuse = (message: string): never => fail('invalid_request', { errors: [{ path: '/headers/host', message }] })
  const { host } = request.headers
  if (host === undefined) return request.httpVersion === '1.0' ? undefined : refuse('must be there')
  if (hostLines(request) > 1) refuse('must be there once')
  if (!isHost(host)) refuse('must be a host, perhaps with a port')
}
