import { randomBytes } from 'node:crypto'
import type { Test } from 'tap'
import { start, type Answer, type Running } from './app.js'

const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** A secret that several services can share. */
export const newSecret = (): string => `base64:${randomBytes(64).toString('base64')}`

export const form = (parameters: Record<string, string>): string => new URLSearchParams(parameters).toString()

export const begin = ({ call }: Pick<Running, 'call'>, parameters: Record<string, string> = {}): Promise<Answer> =>
  call('POST', '/oauth/device_authorization', { body: form({ client_id: 'guardcell', ...parameters }) })

export const poll = ({ call }: Pick<Running, 'call'>, deviceCode: string): Promise<Answer> =>
  call('POST', '/oauth/token', { body: form({ grant_type: GRANT, device_code: deviceCode, client_id: 'guardcell' }) })

/** An answer of the token endpoint in one word: the error of RFC 6749 section 5.2, or `token`. */
export const wordOf = ({ status, body }: Answer): string => status === 200 ? 'token' : `${status === 400 ? '' : `${status} `}${body.error}`

export interface Grant { access_token: string, token_type: string, expires_in: number, scope: string, datasets: string, refresh_token?: string }

interface Client { base: string, sleep: (seconds: number) => Promise<unknown>, show: (prompt: { code: string, link: string, page: string }) => Promise<void> | void }

const isText = (value: unknown): value is string => typeof value === 'string' && value !== ''
const isCount = (value: unknown): value is number => Number.isInteger(value) && Number(value) > 0

/** A device that follows RFC 8628 to the letter, over a real socket. It gives up on anything that the RFC does not foresee. */
export async function pairDevice ({ base, sleep, show }: Client, wishes: Record<string, string>): Promise<{ grant: Grant | string, heard: string[] }> {
  const post = (path: string, parameters: Record<string, string>): Promise<Response> => fetch(new URL(path, base), { method: 'POST', body: new URLSearchParams(parameters) })
  const answer = await post('/oauth/device_authorization', { client_id: 'guardcell', ...wishes })
  const given = await answer.json() as Record<string, unknown>
  const { device_code: deviceCode, user_code: code, verification_uri: page, verification_uri_complete: link, expires_in: lifetime, interval = 5 } = given
  if (answer.status !== 200 || !answer.headers.get('content-type')?.startsWith('application/json') || answer.headers.get('cache-control') !== 'no-store') throw new Error('no device authorization response (section 3.2)')
  if (![deviceCode, code, page, link].every(isText) || !isCount(lifetime) || !isCount(interval)) throw new Error('a member is missing (section 3.2)')
  await show({ code: code as string, link: link as string, page: page as string })

  const heard: string[] = []
  let [pause, left] = [interval, lifetime]
  while (left > 0) {
    await sleep(pause)
    left -= pause
    const polled = await post('/oauth/token', { grant_type: GRANT, device_code: deviceCode as string, client_id: 'guardcell' })
    const body = await polled.json() as Grant & { error?: string }
    if (polled.headers.get('cache-control') !== 'no-store') throw new Error('an answer that may be cached (RFC 6749 section 5.1)')
    if (polled.status === 200) return { grant: body, heard }
    if (polled.status !== 400 || body.error === undefined) throw new Error(`no error response (section 3.5): ${polled.status}`)
    heard.push(body.error)
    if (body.error === 'slow_down') pause += 5
    else if (body.error !== 'authorization_pending') return { grant: body.error, heard }
  }
  return { grant: 'gave up', heard }
}

/** A service with a user who decides about devices. */
export interface Pairing extends Running {
  token: string
  look: (code: string) => Promise<Answer>
  approve: (code: string, more?: Record<string, unknown>) => Promise<Answer>
  deny: (code: string) => Promise<Answer>
}

export const withUser = <T extends Running>(running: T, token: string): T & Pairing => {
  const devices = (verb: string, body: object): Promise<Answer> => running.call('POST', `/v1/devices/${verb}`, { token, body })
  return {
    ...running,
    token,
    look: code => devices('lookup', { user_code: code }),
    approve: (code, more = {}) => devices('approve', { user_code: code, name: 'camera 1', datasets: { 'cam_*': ['create', 'write', 'read'] }, ...more }),
    deny: code => devices('deny', { user_code: code })
  }
}

export async function startPairing (t: Test, env: Record<string, string> = {}, role = 'contributor'): Promise<Pairing> {
  const running = await start(t, env)
  await running.createUser('maker', { roles: [role] })
  return withUser(running, (await running.login('maker')).access_token)
}
