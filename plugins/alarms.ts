import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createAlarms } from '#lib/audit/alarms.js'
import { owners } from '#lib/audit/owners.js'
import { repeating } from '#lib/audit/repeating.js'
import { createWebhook } from '#lib/audit/webhook.js'
import type { AuthEvent } from '#lib/events.js'

const SWEEP_MS = 60_000

/** Events after which there may be an alarm to pass on. */
const alarming = new Set<AuthEvent['type']>(['reuse', 'late_reuse', 'store_behind', 'login_failed', 'account_created', 'account_changed'])

export default fp<AppOptions>(async (app, { config, now }) => {
  const { redis, names, auditStore: store, incidents } = app
  const alarms = createAlarms({ redis, names, store, incident: incidents.recent })
  const onError = (error: unknown): void => app.log.warn({ err: error }, 'alarms of the audit log wait')
  const { AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: secret = '', AUDIT_WEBHOOK_TIMEOUT: seconds } = config
  const webhook = url === undefined
    ? undefined
    : createWebhook({ redis, key: names.alarms, target: { url, secret, timeout: seconds * 1000 }, now, warn: (details, message) => app.log.warn(details, message) })
  await app.step('Opening the alarms of the audit log', 'see whether Redis answers', async () => { await webhook?.open() })

  const sweeping = repeating(SWEEP_MS, async () => { await alarms.sweep() }, onError)
  const delivering = repeating(Math.min(1_000, seconds * 1000), async () => { await webhook?.deliver() }, onError)
  app.events.on('event', event => {
    if (!alarming.has(event.type) || !('user' in event)) return
    const from = [event.user, ...event.type === 'login_failed' ? [owners.anonymous] : []].filter(owner => owner !== null)
    for (const owner of from) alarms.forward(owner).then(passed => { if (passed > 0) delivering.now() }, onError)
  })
  app.addHook('onReady', async () => {
    sweeping.now()
    if (webhook) delivering.now()
  })
  app.addHook('onClose', async () => { await Promise.all([sweeping.stop(), delivering.stop()]) })
}, { name: 'alarms', dependencies: ['audit', 'events', 'incidents', 'redis'] })
