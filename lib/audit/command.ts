import { parseArgs } from 'node:util'
import type { AccountStore } from '../accounts/store.js'
import { UsageError } from '../usage-error.js'
import type { Audit } from './service.js'

/** What the command `audit` was asked for; `user` is a user name or an id. */
export interface ExportOptions { since?: string, until?: string, user?: string }

const options = { since: { type: 'string' }, until: { type: 'string' }, user: { type: 'string' } } as const

const named = new Set(Object.keys(options).map(name => `--${name}`))

/** Each option as one word with its value: an id may begin with a dash, and what follows an option as a word of its own may not. */
function joined ([word, next, ...rest]: string[]): string[] {
  if (word === undefined) return []
  if (next === undefined) return [word]
  return named.has(word) ? [`${word}=${next}`, ...joined(rest)] : [word, ...joined([next, ...rest])]
}

/** @throws UsageError */
export function optionsIn (args: string[]): ExportOptions {
  try {
    const { values } = parseArgs({ args: joined(args), options })
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
