import type { Fields } from '../redis/script.js'
import { nextIn, presentRing, type RingKey } from './ring.js'
import type { Key } from './schema.js'
import { progressText, type Progress } from './turnover.js'

/** What an operator wants to know of the keys. */
export interface KeyStatus {
  /** Names the secret in use. */
  secret: string
  keys: Key[]
  /** How many other processes run on these keys. */
  replicas: number
  /** Why a former secret is still needed, or null if none is. */
  obstacle: string | null
}

interface Parts { secret: string, ring: readonly RingKey[], facts: Fields, now: number, replica: string }

interface Runs { secrets: string[] }

const each = (facts: Fields, kind: string): Array<[name: string, text: string]> =>
  Object.entries(facts).filter(([field]) => field.startsWith(`${kind}:`)).map(([field, text = '']) => [field.slice(kind.length + 1), text])

function obstacleOf ({ secret, ring, facts, now }: Parts, runs: Runs[]): string | null {
  const next = nextIn(ring, now)
  if (next && next.secret !== secret) {
    if (next.from !== undefined) return `it signs until ${new Date(next.from).toISOString()}, then what it sealed is sealed anew`
    const behind = runs.filter(({ secrets }) => !secrets.includes(next.secret)).length
    return `${behind} of ${runs.length} processes that run do not know the new secret yet: restart them with both`
  }
  if (each(facts, 'secret').every(([id]) => id === secret)) return null
  const { secret: of, progress } = JSON.parse(facts.resealing ?? '{}') as { secret?: string, progress?: Progress }
  return of === secret && progress ? progressText(progress) : 'what it sealed waits to be sealed anew'
}

export function statusOf (parts: Parts): KeyStatus {
  const { secret, ring, facts, now, replica } = parts
  const running = each(facts, 'replica')
  return {
    secret,
    keys: presentRing(ring, now),
    replicas: running.filter(([id]) => id !== replica).length,
    obstacle: obstacleOf(parts, running.map(([, text]) => JSON.parse(text) as Runs))
  }
}
