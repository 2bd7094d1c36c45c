import type { Transport } from './state.js'

/** No session lasts longer. */
const ALWAYS = 10 * 365 * 86_400_000

/**
 * How long a predecessor needs no Idempotency-Key, at least (milliseconds): tabs of a browser share their cookies,
 * and refresh at the same time; who proves the key of a session is no thief of its tokens.
 */
const least: Record<Transport, number> = { bearer: 0, cookie: 60_000, dpop: ALWAYS }

/** The grace of a session that is opened with a transport, where others have so many milliseconds. */
export const graceOf = (transport: Transport, others: number): number => Math.max(others, least[transport])
