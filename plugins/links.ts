import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { keyedHash } from '#lib/keys/hash.js'
import { createInvitationStore } from '#lib/links/invitation-store.js'
import { createLinkServices, type LinkServices } from '#lib/links/service.js'
import { createLinkStore } from '#lib/links/store.js'

declare module 'fastify' {
  interface FastifyInstance { links: LinkServices }
}

export default fp<AppOptions>(async (app, { config, now, skew }) => {
  const { redis, names, keys, sealing, stamp, accounts, accountStore, outbox, publicUrl } = app
  app.decorate('links', createLinkServices({
    accounts,
    accountStore,
    audit: app.auditStore,
    scopesOf: app.scopesOf,
    isOwnerName: app.datasets.isOwnerName,
    store: createLinkStore({ redis, names, now, skew }),
    invitations: createInvitationStore({ redis, names, sealing, stamp }),
    outbox,
    limits: app.limits,
    hash: keyedHash(() => keys.secrets().map(({ lookup }) => lookup)),
    email: { hash: sealing.emailHash, hashes: sealing.emailHashes },
    registration: config.REGISTRATION,
    site: publicUrl,
    page: config.LINK_PAGE_URL ?? `${publicUrl}/link`,
    lifetimes: { reset: config.RESET_LINK_TTL, verify: config.VERIFY_LINK_TTL, invitation: config.INVITATION_TTL },
    now,
    durable: app.durable,
    report: app.tell
  }))
}, { name: 'links', dependencies: ['redis', 'keys', 'sealing', 'accounts', 'audit', 'events', 'limits', 'mail', 'scopes', 'datasets'] })
