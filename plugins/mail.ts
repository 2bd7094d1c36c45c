import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { chooseMailer } from '#lib/mail/choose.js'
import { createOutbox, type Outbox } from '#lib/mail/outbox.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Where users reach the service, without a slash at the end. */
    publicUrl: string
    outbox: Outbox
  }
}

const PAUSES_MS = [1_000, 5_000, 25_000]
const PATIENCE_MS = 4_000

export default fp<AppOptions>(async (app, { config, now }) => {
  const publicUrl = (config.PUBLIC_URL ?? app.keys.issuer).replace(/\/+$/, '')
  const production = config.NODE_ENV === 'production'
  const mailer = await chooseMailer({
    url: config.MAIL_URL,
    from: config.MAIL_FROM ?? `guardcell@${new URL(publicUrl).hostname}`,
    stateDir: config.STATE_DIR,
    production,
    now,
    announce: file => app.log.info({ file }, 'a mail was written to a file, because MAIL_URL is not set')
  })
  const outbox = createOutbox({ mailer, pauses: PAUSES_MS, patience: PATIENCE_MS, warn: (details, message) => app.log.warn(details, message) })
  app.decorate('publicUrl', publicUrl)
  app.decorate('outbox', outbox)
  app.addHook('onReady', async () => {
    if (!production || config.MAIL_URL !== undefined || config.REGISTRATION === 'off') return
    app.log.warn('MAIL_URL is not set: no mails are sent, so nobody can verify an e-mail address or replace a lost password')
  })
  app.addHook('onClose', async () => { await outbox.close() })
}, { name: 'mail', dependencies: ['redis', 'keys'] })
