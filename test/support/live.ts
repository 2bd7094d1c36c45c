import type { Test } from 'tap'
import { startOAuth, type OAuth } from './oauth.js'
import { freePort } from './redis.js'

export interface Live extends OAuth { issuer: URL }

/** A service with clients that listens on loopback under its issuer, for clients that bring their own HTTP. */
export async function startLive (t: Test, env: Record<string, string> = {}): Promise<Live> {
  const port = await freePort()
  const issuer = `http://127.0.0.1:${port}`
  const oauth = await startOAuth(t, { ISSUER: issuer, PORT: String(port), ...env })
  await oauth.app.listen({ host: '127.0.0.1', port })
  return { ...oauth, issuer: new URL(issuer) }
}

/** An account that approves the device with this code, for the data sets `cam_*`. */
export async function approve ({ login, call }: Pick<OAuth, 'login' | 'call'>, userCode: string): Promise<void> {
  const { access_token: token } = await login('ada')
  const { status } = await call('POST', '/v1/devices/approve', { token, body: { user_code: userCode, name: 'camera', datasets: { 'cam_*': ['read', 'write'] } } })
  if (status >= 300) throw new Error(`approval: ${status}`)
}

/** What a client that throws says of a refusal. */
export const errorOf = (attempt: Promise<unknown>): Promise<unknown> => attempt.then(() => 'it was not refused', (error: unknown) => error)
