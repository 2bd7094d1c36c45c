import { IncomingMessage } from 'node:http'

const parsed = Object.getOwnPropertyDescriptor(IncomingMessage.prototype, 'headers')!

/**
 * A request that is asked for its body when somebody begins to read it. Node would answer `Expect` by itself, before
 * anybody has looked at the request: so it is kept from Node, and stands in `expectation` and not among `headers`.
 */
export class IncomingRequest extends IncomingMessage {
  /** The field `Expect`; that of HTTP/1.0 means nothing (RFC 9110 section 10.1.1). */
  expectation: string | undefined
  /** Asks the client for a body that it holds back; to be set before anybody reads. */
  ask: (() => void) | undefined

  /** Whether somebody has begun to read the body. */
  isRead = false

  override _read (size: number): void {
    if (!this.isRead) this.ask?.()
    this.isRead = true
    super._read(size)
  }
}

Object.defineProperty(IncomingRequest.prototype, 'headers', {
  ...parsed,
  get (this: IncomingRequest) {
    const headers = parsed.get!.call(this) as IncomingMessage['headers']
    if (headers.expect === undefined) return headers
    if (this.httpVersion !== '1.0') this.expectation = headers.expect
    delete headers.expect
    return headers
  }
})
