import type { Mailer } from './mailer.js'

const CONNECT_MS = 10_000
const SILENCE_MS = 20_000

/**
 * Sends mails by SMTP (RFC 5321), over TLS with `smtps://`, and with STARTTLS where the server offers it with `smtp://`.
 * @param url `smtp://` or `smtps://`, with user name and password in it if need be
 * @param from the sender, as `address` or `name <address>`
 */
export async function createSmtpMailer (url: string, from: string): Promise<Mailer> {
  // Loaded where mails are sent at all: most starts of a service need not wait for it.
  const { createTransport } = await import('nodemailer')
  const transport = createTransport({
    url,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true
  })
  return {
    send: async ({ to, subject, text }) => {
      // As an object, so that no part of an address is read as a second one.
      await transport.sendMail({ from, to: { name: '', address: to }, subject, text, headers: { 'Auto-Submitted': 'auto-generated' } })
    }
  }
}
