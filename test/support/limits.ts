import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { ownPrefix, start, type Answer, type Running } from './app.js'

/** Calls from an address of the caller's choice. */
export const from = async ({ app }: Running, remoteAddress: string, payload: object, headers: Record<string, string> = {}) => {
  const response = await app.inject({ method: 'POST', url: '/v1/auth/login', payload, remoteAddress, headers })
  return { status: response.statusCode, code: JSON.parse(response.body).code as string | undefined, headers: response.headers }
}

/** Two replicas of one installation. */
export async function replicas (t: Test, env: Record<string, string>): Promise<[Running, Running]> {
  const shared = { RATE_LIMIT: 'on', REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: `base64:${randomBytes(64).toString('base64')}`, ...env }
  return [await start(t, shared), await start(t, shared)]
}

/** What a client must not take for the end of its session. */
export function isNoLogout (t: Test, { headers, body }: { headers: Record<string, unknown>, body?: unknown }, what: string): void {
  t.strictSame([headers['www-authenticate'], headers['set-cookie']], [undefined, undefined], `${what}: neither a challenge nor a cookie`)
  t.equal(headers['cache-control'], 'no-store')
  t.match(headers['retry-after'], /^[1-9]\d*$/)
  t.notMatch(JSON.stringify(body ?? ''), /invalid_grant|invalid_client|session_ended|expired|revoked/)
}

/** Longer than any machine stands still. */
const BACK_SECONDS = 300

/**
 * That a call is refused right after a failure, and for so many seconds from then on. The clock goes back before it,
 * since on a machine that stands still a wait of a second is over before anybody has looked at it.
 * @param began when the failure had not happened yet, by `performance.now()`
 */
export async function isSlowedDown (
  t: Test, { clock }: Pick<Running, 'clock'>, code: string, ask: () => Promise<Pick<Answer, 'status' | 'headers' | 'body'>>, { seconds, began }: { seconds: number, began: number }
): Promise<void> {
  clock.advance(-BACK_SECONDS)
  const { status, headers, body } = await ask()
  clock.advance(BACK_SECONDS)
  const passed = Math.floor((performance.now() - began) / 1000)
  t.strictSame([status, body.code ?? body.error], [429, code])
  const left = Number(headers['retry-after']) - BACK_SECONDS
  t.ok(left <= seconds && left >= seconds - passed, `${left} of ${seconds} seconds are left`)
}
