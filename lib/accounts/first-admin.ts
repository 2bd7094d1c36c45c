import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { BootError } from '../boot-error.js'
import type { Account } from './account.js'
import type { Passwords } from './passwords.js'
import type { AccountStore } from './store.js'

/** Of the first admin; nobody else may register as one. */
export const FIRST_ADMIN = 'admin'

interface Parts {
  store: AccountStore
  passwords: Passwords
  /** `ADMIN_PASSWORD`; absent: one is generated. */
  given: string | undefined
  randomId: () => string
  now: () => number
  /** Shows a generated password, once. */
  announce: (username: string, password: string) => void
}

/**
 * Makes sure that somebody can administer a new installation. The account counts as made only when its
 * password was announced: after a crash in between, the next start announces another one.
 * @throws BootError if another replica is at it and does not finish
 */
export async function ensureFirstAdmin ({ store, passwords, given, randomId, now, announce }: Parts): Promise<void> {
  for (let waited = 0; !await store.hasAdmin() && !await store.claimFirstAdmin(); waited++) {
    // Another replica is at it, or crashed while it was: then its claim lapses.
    if (waited > 60) throw new BootError(['The first admin is being made by another replica, which has not finished within 15 s; see what it waits for'])
    await sleep(250)
  }
  if (await store.hasAdmin()) return
  const existing = await findAdmins(store)
  if (existing.some(account => account.username !== FIRST_ADMIN || account.lastLogin !== null)) {
    for (const account of existing) await store.addAdmin(account.id)
    return
  }
  const password = given ?? randomBytes(15).toString('base64url')
  const hash = await passwords.hash(password)
  const [unannounced] = existing
  const id = unannounced ? await replacePassword(store, unannounced.id, hash) : await store.create(blank(randomId(), hash, now()))
  if (id === null) return
  if (given === undefined) announce(FIRST_ADMIN, password)
  await store.addAdmin(id)
}

/** Every active admin. */
export async function findAdmins (store: Pick<AccountStore, 'list'>): Promise<Account[]> {
  const admins: Account[] = []
  let after: string | undefined
  do {
    const { accounts, last } = await store.list(500, after)
    admins.push(...accounts.filter(account => account.active && account.roles.includes('admin')))
    after = last
  } while (after !== undefined)
  return admins
}

async function replacePassword (store: AccountStore, id: string, password: string): Promise<string> {
  await store.update(id, { members: { password } })
  return id
}

const blank = (id: string, password: string, created: number): Account => ({
  id, username: FIRST_ADMIN, fullname: 'Administrator', password, roles: ['admin'], groups: [], active: true, verified: false, email: null, created, lastLogin: null, unlocked: 0
})
