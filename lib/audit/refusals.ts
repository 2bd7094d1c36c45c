import type { ErrorCode } from '../error-catalogue.js'
import type { ActingContext } from './acting.js'
import { owners } from './owners.js'
import type { AuditStore, NewEvent } from './store.js'

/**
 * A call that was refused, and whose credentials it showed. `route` is the pattern, never what was called;
 * `about` is what else may be told.
 */
export interface Refusal {
  code: ErrorCode
  user: string | undefined
  session: string | undefined
  route: string
  method: string
  request: string
  about?: Readonly<Record<string, string>> | undefined
}

/** Errors by what they are recorded as. Failed logins and spent refresh tokens are recorded where they happen. */
const recorded: Partial<Record<ErrorCode, NewEvent['action']>> = {
  access_token_invalid: 'credentials_refused',
  access_token_expired: 'credentials_refused',
  access_token_replaced: 'credentials_refused',
  access_token_revoked: 'credentials_refused',
  access_token_bound: 'credentials_refused',
  access_token_unbound: 'credentials_refused',
  invalid_dpop_proof: 'credentials_refused',
  session_ended: 'credentials_refused',
  account_inactive: 'credentials_refused',
  api_token_invalid: 'credentials_refused',
  api_token_expired: 'credentials_refused',
  api_token_revoked: 'credentials_refused',
  refresh_token_invalid: 'credentials_refused',
  refresh_token_expired: 'credentials_refused',
  invalid_client: 'credentials_refused',
  too_many_attempts: 'credentials_refused',
  csrf_failed: 'credentials_refused',
  insufficient_scope: 'access_denied',
  invalid_scope: 'access_denied',
  unauthorized_client: 'access_denied',
  api_token_not_accepted: 'access_denied',
  api_token_too_wide: 'access_denied',
  not_permitted: 'access_denied',
  link_invalid: 'link_refused',
  internal_error: 'internal_error'
}

const MOST_A_SECOND = 10
const WINDOW_MS = 1_000

/** Refusals of one owner within a second. */
interface Window { seen: number, timer: NodeJS.Timeout }

interface Parts { record: AuditStore['record'], byItself: ActingContext['byItself'], onError: (error: unknown) => void }

/**
 * Records refusals, some a second of each owner; of the rest how many they were, so that a stranger cannot
 * make many calls many writes.
 *
 * Callers rely on: what `note` records is in the store when it answers, and it never fails, since a refusal
 * stays what it is also when it cannot be recorded.
 */
export function createRefusals ({ record, byItself, onError }: Parts) {
  const windows = new Map<string, Window>()

  const write = async (owner: string, event: NewEvent): Promise<void> => { await record(owner, event).catch(onError) }

  const close = async (owner: string): Promise<void> => {
    const { seen, timer } = windows.get(owner)!
    clearTimeout(timer)
    windows.delete(owner)
    // They are of many callers, of whom the first has set the timer.
    if (seen > MOST_A_SECOND) await byItself(() => write(owner, { action: 'refusals_counted', details: { count: seen - MOST_A_SECOND } }))
  }

  return {
    note: async (refusal: Refusal): Promise<void> => {
      const action = recorded[refusal.code]
      if (action === undefined) return
      const { code, user, session, about, ...call } = refusal
      const owner = code === 'internal_error' ? owners.errors : user ?? owners.anonymous
      const window = windows.get(owner) ?? { seen: 0, timer: setTimeout(() => { void close(owner) }, WINDOW_MS).unref() }
      windows.set(owner, window)
      window.seen += 1
      if (window.seen <= MOST_A_SECOND) await write(owner, { action, ...(session === undefined ? {} : { session }), details: { ...about, code, ...call } })
    },
    /** Records at once what was only counted so far. */
    flush: async (): Promise<void> => { await Promise.all([...windows.keys()].map(close)) }
  }
}
