import { listOf } from '../redis/script.js'

export interface IssuancePolicy { /** Most tokens within 24 hours, 0 for any number. */ daily: number, /** Milliseconds between two tokens. */ cooldown: number }

export interface NewToken {
  id: string
  name: string
  datasets: string
  scope: string
  meta: Record<string, unknown>
  expires: number
  replace: boolean
  /** When it expires once it was collected, if it is kept for its machine. */
  promised?: number
}

/** When an account may get its next token (milliseconds), how many it got within a day, and what stands against one now. */
export interface Allowance { now: number, used: number, next: number, reason: 'cooldown' | 'daily_limit' | null }

export type Issued =
  | { outcome: 'issued', ended: string[], allowance: Allowance }
  | { outcome: 'refused', allowance: Allowance }
  | { outcome: 'inactive' }
  | { outcome: 'past' }

/** What `eligible.lua` answers, and `issue.lua` as a part. */
export const allowanceIn = ([now, used, next, reason = '']: readonly unknown[]): Allowance =>
  ({ now: Number(now), used: Number(used), next: Number(next), reason: reason === 'cooldown' || reason === 'daily_limit' ? reason : null })

/** What `issue.lua` answers. */
export function issuedIn (answer: unknown): Issued {
  const [outcome, ...rest] = JSON.parse(answer as string) as [string, ...unknown[]]
  if (outcome === 'inactive' || outcome === 'past') return { outcome }
  if (outcome === 'refused') return { outcome, allowance: allowanceIn(rest) }
  return { outcome: 'issued', ended: listOf(rest[3]), allowance: allowanceIn(rest.slice(0, 3)) }
}
