import fp from 'fastify-plugin'
import { ensureFirstAdmin } from '#lib/accounts/first-admin.js'
import { createPasswords } from '#lib/accounts/passwords.js'
import { createAccounts, type Accounts } from '#lib/accounts/service.js'
import { createSlowDown, noSlowDown } from '#lib/accounts/slow-down.js'
import { createAccountStore, type AccountStore } from '#lib/accounts/store.js'
import type { AppOptions } from '#lib/app-options.js'
import { createTheAdmin } from '#lib/auth-off/admin.js'
import { openAccounts } from '#lib/auth-off/services.js'

declare module 'fastify' {
  interface FastifyInstance {
    accounts: Accounts
    accountStore: AccountStore
    /** Makes the first admin of a new installation and shows a generated password, once. */
    ensureFirstAdmin: (announce: (username: string, password: string) => void) => Promise<void>
    /** Whether that is done. */
    hasFirstAdmin: () => boolean
  }
}

export default fp<AppOptions>(async (app, { config, now, skew, randomId }) => {
  const { redis, names, sealing } = app
  const store = createAccountStore({ redis, names, sealing, stamp: app.stamp })
  const passwords = await createPasswords(config.PASSWORD_CONCURRENCY)
  const slowDown = config.RATE_LIMIT === 'off'
    ? noSlowDown
    : createSlowDown({ redis, names, lookup: () => app.keys.secrets()[0].lookup, free: config.LOGIN_FREE_FAILURES, longest: config.LOGIN_LONGEST_WAIT * 1000, now, skew })
  const limit = app.limits.sliding('login', config.LOGIN_LIMIT, 60)
  app.decorate('accountStore', store)
  const accounts = createAccounts({
    store, passwords, slowDown, audit: app.auditStore, limit, shortestPassword: config.PASSWORD_MIN_LENGTH, randomId, now, durable: app.durable, report: app.tell
  })
  app.decorate('accounts', config.AUTH === 'off' ? openAccounts(accounts, createTheAdmin(store)) : accounts)
  let hasFirstAdmin = false
  app.decorate('hasFirstAdmin', () => hasFirstAdmin)
  app.decorate('ensureFirstAdmin', async announce => {
    await app.step('Making the first admin', 'see whether Redis answers', () => ensureFirstAdmin({ store, passwords, given: config.ADMIN_PASSWORD, randomId, now, announce }))
    hasFirstAdmin = true
  })
}, { name: 'accounts', dependencies: ['redis', 'keys', 'sealing', 'events', 'audit', 'limits'] })
