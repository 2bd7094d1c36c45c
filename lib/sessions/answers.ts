import type { Standing } from '../access/authenticate.js'
import { accountFrom, type Account } from '../accounts/account.js'
import { fieldsOf, listOf, type Fields } from '../redis/script.js'
import type { Sealing } from '../sealing/service.js'
import { sessionState, transportFrom, type SessionState } from './state.js'
import type { Live, Opened, Proved, Refreshed } from './transitions.js'

/** Opens what is personal in the account of a session. */
export type Opener = Pick<Sealing, 'withSalt'>

/** What a script answers as JSON: one string is read several times as fast as nested lists. */
type Row = [outcome: string, now: string, session: Fields, user: Fields, evicted?: object]

const rowIn = (answer: unknown): Row => JSON.parse(answer as string) as Row

const liveIn = ([, now, session, user]: Row, id: string, sealing: Opener): Live => ({
  session: sessionState(id, session), account: accountFrom(user, sealing), now: Number(now)
})

const isLive = (outcome: string): outcome is 'rotated' | 'retried' | 'healed' => ['rotated', 'retried', 'healed'].includes(outcome)

function refusalIn (row: Row): Refreshed {
  const [outcome, detail = '', more] = row as unknown as string[]
  if (outcome === 'late_reuse') return { outcome, reason: detail }
  if (outcome === 'limited') return { outcome, wait: Number(detail) }
  if (outcome === 'reuse') return { outcome, token: detail === 'predecessor' ? detail : 'stale', orphan: more === 'orphan' }
  return { outcome: outcome as 'other_transport' | 'inactive' | 'gone' | 'expired' | 'mismatch' }
}

/** What `open.lua` answers. @param id of the session */
export function openedIn (answer: unknown, id: string, sealing: Opener): Opened {
  const row = rowIn(answer)
  if (row[0] !== 'opened') return { outcome: row[0] as 'stale' | 'limit' }
  return { outcome: 'opened', evicted: listOf(row[4]), ...liveIn(row, id, sealing) }
}

/** What `rotate.lua` answers. @param id of the session */
export function refreshedIn (answer: unknown, id: string, sealing: Opener): Refreshed {
  const row = rowIn(answer)
  return isLive(row[0]) ? { outcome: row[0], ...liveIn(row, id, sealing) } : refusalIn(row)
}

/** What `reauthenticate.lua` answers. @param id of the session */
export function provedIn (answer: unknown, id: string, sealing: Opener): Proved {
  const row = rowIn(answer)
  if (row[0] !== 'proved') return { outcome: row[0] as 'gone' | 'stale' }
  return { outcome: 'proved', ...liveIn(row, id, sealing) }
}

/** What `end.lua` answers: ids of the sessions that ended. */
export function endedIn (answer: unknown): string[] | null {
  const [outcome, ids] = answer as [string, string[]]
  return outcome === 'ended' ? ids : null
}

/** What `list.lua` answers. */
export const sessionsIn = (answer: unknown): SessionState[] =>
  (answer as string[][]).map(fieldsOf).map(fields => sessionState(fields.id ?? '', fields))

/** What `unspent.lua` answers: whose the token is, if it would be rotated. */
export function ownerIn (answer: unknown, sealing: Opener): Account | undefined {
  const [is, fields] = JSON.parse(answer as string) as [boolean, string[]]
  return is ? accountFrom(fieldsOf(fields), sealing) : undefined
}

/** What `standing.lua` answers. */
export function standingIn (answer: unknown, sealing: Opener): Standing {
  const [lapses, transport, generation, fields] = JSON.parse(answer as string) as [string, string | false, string | false, string[]]
  return { lapses: Number(lapses), transport: transportFrom(transport), generation: Number(generation), account: accountFrom(fieldsOf(fields), sealing) }
}
