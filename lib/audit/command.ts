import { parseArgs } from 'node:util'
import type { AccountStore } from '../accounts/store.js'
import { UsageError } from '../usage-error.js'
import type { Audit } from './service.js'

/** What the command `audit` was asked for; `user` is a user name or an id. */
export interface ExportOptions { since?: string, until?: string, user?: string }

const options = { since: { type: 'string' }, until: { type: 'string' }, user: { type: 'string' } } as const
const PAGE = 500

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

/** The audit log as JSON lines, the earliest event first. */
export async function exportLines (audit: Audit, accounts: Pick<AccountStore, 'byUsername'>, { user, ...times }: ExportOptions): Promise<string> {
  const account = user === undefined ? undefined : await accounts.byUsername(user.toLowerCase())
  const whose = account?.id ?? user
  const lines: string[] = []
  let cursor: string | undefined
  do {
    const { items, next } = await audit.list({ user: '', all: true }, {
      ...times, limit: PAGE, ...(whose === undefined ? {} : { user: whose }), ...(cursor === undefined ? {} : { cursor })
    })
    lines.push(...items.map(event => `${JSON.stringify(event)}\n`))
    cursor = next ?? undefined
  } while (cursor !== undefined)
  return lines.reverse().join('')
}
