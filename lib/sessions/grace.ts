import type { Transport } from './state.js'

/** No session lasts longer. */
const ALWAYS = 10 * 365 * 86_400_000

/**
 * How long a predecessor needs no Idempotency-Key, at least (milliseconds): tabs of a browser share their cookies,
 * and refresh at the same time; who proves the key of a session is no thief of its tokens.
 */
const least: Record<Transport, number> = { bearer: 0, cookie: 60_000, dpop: ALWAYS }

/** Libraries of OAuth clients know no Idempotency-Key, and refresh from several threads and processes at the same time. */
const TOKEN_ENDPOINT = 60_000

/** @param door where the session is opened @param configured what the operator says (milliseconds) */
export const graceOf = (transport: Transport, door: 'login' | 'token endpoint', configured: number | undefined): number =>
  Math.max(configured ?? (door === 'token endpoint' ? TOKEN_ENDPOINT : 0), least[transport])
