import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createActingContext, type ActingContext } from '#lib/audit/acting.js'
import { createDevices } from '#lib/audit/devices.js'
import { createReading } from '#lib/audit/reading.js'
import { createAudit, type Audit } from '#lib/audit/service.js'
import { createStamp, type Stamp } from '#lib/audit/stamp.js'
import { createAuditStore, type AuditStore } from '#lib/audit/store.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Who acts, for whatever is recorded. */
    acting: ActingContext
    /** What scripts that record what they do are told of their call. */
    stamp: Stamp
    auditStore: AuditStore
    audit: Audit
  }
}

export default fp<AppOptions>(async (app, { now, skew }) => {
  const { redis, names, keys, sealing } = app
  const devices = createDevices(sealing)
  const acting = createActingContext()
  const stamp = createStamp({ acting: acting.current, seal: devices.seal, skew })
  const store = createAuditStore({ redis, names, stamp, lookup: () => keys.secrets()[0].lookup })
  app.decorate('acting', acting)
  app.decorate('stamp', stamp)
  app.decorate('auditStore', store)
  app.decorate('audit', createAudit({ store, reading: createReading(redis), open: devices.open, now }))
}, { name: 'audit', dependencies: ['redis', 'keys', 'sealing'] })
