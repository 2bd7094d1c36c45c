import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { ownPrefix, start, type Running } from './app.js'

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
