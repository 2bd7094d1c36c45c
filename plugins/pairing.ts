import fp from 'fastify-plugin'
import { randomInt } from 'node:crypto'
import type { AppOptions } from '#lib/app-options.js'
import { keyedHash } from '#lib/keys/hash.js'
import { createApprovals, type Approvals } from '#lib/pairing/approvals.js'
import { createCodes } from '#lib/pairing/codes.js'
import { createDevices, type Devices } from '#lib/pairing/devices.js'
import { paceFor } from '#lib/pairing/pace.js'
import { createPairingStore } from '#lib/pairing/store.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Devices that want an API token, and what users decide about them. */
    pairing: { devices: Devices, approvals: Approvals }
  }
}

export default fp<AppOptions>(async (app, { config, skew, randomId }) => {
  const { redis, names, keys, limits: { sliding }, apiTokens, tell: report } = app
  const pace = paceFor(config.DEVICE_CODE_TTL)
  const codes = createCodes({ hash: keyedHash(() => keys.secrets().map(({ lookup }) => lookup)), randomId, randomInt })
  const store = createPairingStore({ redis, names, seal: app.sealing.anonymous, pace, skew })
  const verificationUri = `${app.publicUrl}/device`
  app.decorate('pairing', {
    devices: createDevices({ store, codes, apiTokens, pace, verificationUri, limit: sliding('device', config.DEVICE_LIMIT, config.DEVICE_CODE_TTL), report }),
    approvals: createApprovals({
      store,
      codes,
      apiTokens,
      audit: app.auditStore,
      limits: { ofUser: sliding('user-code', config.USER_CODE_LIMIT, 600), fromAddress: sliding('user-code-address', 5 * config.USER_CODE_LIMIT, 600) },
      report
    })
  })
}, { name: 'pairing', dependencies: ['redis', 'keys', 'sealing', 'limits', 'audit', 'events', 'mail', 'api-tokens'] })
