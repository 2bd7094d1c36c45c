import fp from 'fastify-plugin'
import { ensureFirstAdmin } from '#lib/accounts/first-admin.js'
import { createPasswords } from '#lib/accounts/passwords.js'
import { createAccounts, type Accounts } from '#lib/accounts/service.js'
import { createSlowDown, noSlowDown } from '#lib/accounts/slow-down.js'
import { createAccountStore } from '#lib/accounts/store.js'
import type { AppOptions } from '#lib/app-options.js'

declare module 'fastify' {
  interface FastifyInstance {
    accounts: Accounts
    /** Makes the first admin of a new installation and shows a generated password, once. */
    ensureFirstAdmin: (announce: (username: string, password: string) => void) => Promise<void>
  }
}

export default fp<AppOptions>(async (app, { config, now, skew, randomId }) => {
  const { redis, names } = app
  const store = createAccountStore({ redis, names, skew })
  const passwords = await createPasswords(config.PASSWORD_CONCURRENCY)
  const slowDown = config.RATE_LIMIT === 'off' ? noSlowDown : createSlowDown({ redis, names, lookup: app.keys.lookup, now, skew })
  app.decorate('accounts', createAccounts({
    store, passwords, slowDown, shortestPassword: config.PASSWORD_MIN_LENGTH, randomId, now, durable: app.durable, report: app.tell
  }))
  app.decorate('ensureFirstAdmin', announce => ensureFirstAdmin({ store, passwords, given: config.ADMIN_PASSWORD, randomId, now, announce }))
}, { name: 'accounts', dependencies: ['redis', 'keys', 'events'] })
