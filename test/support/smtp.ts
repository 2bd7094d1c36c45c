import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'
import type { Test } from 'tap'

export interface Received { to: string, subject: string, text: string, raw: string }

/** A mail server of the test's own. */
export interface Mailbox {
  url: string
  /** Everything that has arrived. */
  mails: Received[]
  /** The next mail to an address that nobody has looked at yet. */
  next: (to: string) => Promise<Received>
  /** The link in the next mail that has one. */
  link: (to: string) => Promise<Link>
}

/** A link as a person follows it. */
export interface Link { url: string, kind: string, token: string }

const PATIENCE_MS = 20_000

/** RFC 2045 section 6.7. */
const decodeQuotedPrintable = (text: string): string =>
  Buffer.from(text.replace(/=\r?\n/g, '').replace(/=([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))), 'latin1').toString()

function read (raw: string): Omit<Received, 'to'> {
  const [head = '', ...body] = raw.split('\r\n\r\n')
  const text = body.join('\r\n\r\n')
  const header = (name: string): string => new RegExp(`^${name}: (.*(?:\r\n[ \t].*)*)`, 'mi').exec(head)?.[1]?.replace(/\r\n[ \t]/g, ' ') ?? ''
  const encoded = header('content-transfer-encoding').toLowerCase() === 'quoted-printable'
  return { subject: header('subject'), text: encoded ? decodeQuotedPrintable(text) : text, raw }
}

export function linkIn (text: string): Link {
  const [url = ''] = /https?:\/\/\S+#\S+/.exec(text) ?? []
  const fragment = new URLSearchParams(new URL(url).hash.slice(1))
  return { url, kind: fragment.get('kind') ?? '', token: fragment.get('token') ?? '' }
}

/** @param options of the server, such as what it refuses */
export async function startMailbox (t: Test, options: SMTPServerOptions = {}): Promise<Mailbox> {
  const mails: Received[] = []
  const seen = new Set<Received>()
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    logger: false,
    onData: (stream, { envelope }, done) => {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        for (const { address } of envelope.rcptTo) mails.push({ to: address, ...read(Buffer.concat(chunks).toString()) })
        done()
      })
    },
    ...options
  })
  server.on('error', () => {})
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.teardown(() => new Promise<void>(resolve => { server.close(resolve) }))

  const next: Mailbox['next'] = async to => {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await sleep(10)) {
      const mail = mails.find(received => received.to === to && !seen.has(received))
      if (!mail) continue
      seen.add(mail)
      return mail
    }
    throw new Error(`no mail to ${to} arrived`)
  }
  const link: Mailbox['link'] = async to => {
    const { text } = await next(to)
    return text.includes('#kind=') ? linkIn(text) : await link(to)
  }

  return {
    url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`,
    mails,
    next,
    link
  }
}
