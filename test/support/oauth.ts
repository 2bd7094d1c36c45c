import type { Test } from 'tap'
import { clientSecretHash, newClientSecret } from '#lib/oauth/client-secret.js'
import { start, type Answer, type Running } from './app.js'

export const form = (parameters: Record<string, string>): string => new URLSearchParams(parameters).toString()

/** RFC 6749 section 2.3.1, to the letter: every sign that can be encoded is. */
const encoded = (text: string): string => encodeURIComponent(text).replace(/[-_.!~*'()]/g, sign => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)

export const basic = (id: string, secret: string): { authorization: string } =>
  ({ authorization: `Basic ${Buffer.from(`${encoded(id)}:${encoded(secret)}`).toString('base64')}` })

/** A registered client, and its secret. */
export interface TestClient { id: string, secret: string, entry: Record<string, unknown> }

export function newClient (id: string, more: Record<string, unknown>): TestClient {
  const secret = newClientSecret()
  return { id, secret, entry: { client_id: id, client_secret_hash: clientSecretHash(secret), ...more } }
}

/** A confidential client whose users sign in, a service that acts as `robot`, and a public client. */
export const robot = newClient('robot-arm', { grant_types: ['client_credentials'], scope: 'datasets:read datasets:write users', account: 'robot' })
export const portal = newClient('lab.portal', { name: 'Lab portal', grant_types: ['password', 'refresh_token'], scope: 'profile sessions datasets:read' })
const notebook = { client_id: 'notebook', grant_types: ['password', 'refresh_token'], scope: 'profile sessions' }

export interface OAuth extends Running {
  /** Calls an endpoint of `/oauth` with a form. */
  post: (endpoint: string, parameters: Record<string, string>, headers?: Record<string, string>) => Promise<Answer>
  token: (parameters: Record<string, string>, headers?: Record<string, string>) => Promise<Answer>
  /** An API token of `ada`, a contributor. */
  apiToken: (more?: Record<string, unknown>) => Promise<{ id: string, token: string }>
}

/** A service with these clients and the accounts `ada` and `robot`, contributors. */
export async function startOAuth (t: Test, env: Record<string, string> = {}): Promise<OAuth> {
  const running = await start(t, { OAUTH_CLIENTS: JSON.stringify([robot.entry, portal.entry, notebook]), ...env })
  await running.createUser('ada', { roles: ['contributor'] })
  await running.createUser('robot', { roles: ['contributor'] })
  const { access_token: ofAda } = await running.login('ada')
  const post: OAuth['post'] = (endpoint, parameters, headers = {}) => running.call('POST', `/oauth/${endpoint}`, { body: form(parameters), headers })
  return {
    ...running,
    post,
    token: (parameters, headers) => post('token', parameters, headers),
    apiToken: async (more = {}) => (await running.call('POST', '/v1/api-tokens', { token: ofAda, body: { name: 'camera', datasets: { 'cam_*': ['read', 'write'] }, ...more } })).body
  }
}
