import { OverBudget } from '../datasets/document-budget.js'
import { DamagedScan } from '../datasets/damaged-scan.js'
import type { ErrorCode } from '../error-catalogue.js'
import { Problem, type ErrorExtras } from '../errors.js'

/** An error that a task foresees, as it can be handed to another thread. */
export type Failure =
  | { kind: 'problem', code: ErrorCode, extras: Omit<ErrorExtras, 'cause'> }
  | { kind: 'damaged' | 'over budget' | 'syntax', message: string }
  | { kind: 'system', message: string, code: string }

/** @throws what nobody foresaw, as it is */
export function failureOf (error: unknown): Failure {
  if (error instanceof Problem) return { kind: 'problem', code: error.code, extras: error.extras }
  if (error instanceof OverBudget) return { kind: 'over budget', message: error.message }
  if (error instanceof DamagedScan) return { kind: 'damaged', message: error.message }
  if (error instanceof SyntaxError) return { kind: 'syntax', message: error.message }
  const { code, message } = error as NodeJS.ErrnoException
  if (typeof code === 'string') return { kind: 'system', message, code }
  throw error
}

export function errorOf (failure: Failure): Error {
  switch (failure.kind) {
    case 'problem': return new Problem(failure.code, failure.extras)
    case 'over budget': return new OverBudget(failure.message)
    case 'damaged': return new DamagedScan(failure.message)
    case 'syntax': return new SyntaxError(failure.message)
    case 'system': return Object.assign(new Error(failure.message), { code: failure.code })
  }
}
