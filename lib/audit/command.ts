import { parseArgs } from 'node:util'
import type { AccountStore } from '../accounts/store.js'
import { UsageError } from '../usage-error.js'
import type { Audit } from './service.js'

/** What the command `audit` was asked for; `user` is a user name or an id. */
export interface ExportOptions { since?: string, until?: string, user?: string }

const options = { since: { type: 'string' }, until: { type: 'string' }, user: { type: 'string' } } as const

/** @throws UsageError */
export function optionsIn (args: string[]): ExportOptions {
  try {
    const { values } = parseArgs({ args, options })
    // A time that cannot be read throws.
    for (const time of [values.since, values.until]) if (time !== undefined) new Date(time).toISOString()
    return values
  } catch {
    throw new UsageError()
  }
}

/** The audit log as JSON lines, the earliest event first, some lines at a time. */
export async function * exportLines (audit: Pick<Audit, 'history'>, accounts: Pick<AccountStore, 'byUsername'>, { user, ...times }: ExportOptions): AsyncGenerator<string> {
  const account = user === undefined ? undefined : await accounts.byUsername(user.toLowerCase())
  const whose = account?.id ?? user
  for await (const events of audit.history({ ...times, ...(whose === undefined ? {} : { user: whose }) })) {
    yield events.map(event => `${JSON.stringify(event)}\n`).join('')
  }
}
