import type { ErrorCode } from '../error-catalogue.js'
import { Problem } from '../errors.js'

const over = new Set<ErrorCode>(['session_ended', 'refresh_token_expired', 'refresh_token_reused', 'account_inactive'])

/** Whether an error means that a session will never go on; an outage or a limit says nothing of it. */
export const isOver = (error: unknown): boolean => error instanceof Problem && over.has(error.code)
