import type { FastifyInstance } from 'fastify'
import type { Redis } from 'ioredis'
import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Overload } from '#lib/app-options.js'
import { buildApp } from '#lib/app.js'
import { loadConfig } from '#lib/config/load.js'
import type { User } from '#lib/accounts/schema.js'
import type { TokenPair } from '#lib/sessions/schema.js'

export const PASSWORD = 'correct horse battery'

/** What a login gives where there are refresh tokens. */
export type Pair = Required<TokenPair>

/** A clock that tests can move; both the service and its scripts follow it. */
export interface Clock { advance: (seconds: number) => void, skew: () => number }

export interface Running {
  app: FastifyInstance
  clock: Clock
  /** Calls the service; a string payload goes out as a form. */
  call: (method: string, url: string, options?: { token?: string, body?: unknown, headers?: Record<string, string> }) => Promise<Answer>
  login: (username: string, password?: string, more?: Record<string, unknown>) => Promise<Pair>
  refresh: (token: string, key?: string, more?: Record<string, unknown>) => Promise<Answer>
  createUser: (username: string, more?: Record<string, unknown>) => Promise<User>
}

export interface Answer { status: number, headers: Record<string, unknown>, body: any }

/** Names under which nothing else of the suite writes. */
export const ownPrefix = (): string => `test-${randomBytes(6).toString('hex')}:`

/** An idempotency key that was never used. */
export const newKey = (): string => randomBytes(16).toString('hex')

/** A process that is never overloaded: how busy the machine is changes no test. */
const tireless: Overload = { delay: Infinity, grace: 0 }

/** An app of the test's own, with the account `admin`; it and its keys are removed with the test. */
export async function start (t: Test, env: Record<string, string> = {}, prepare?: (app: FastifyInstance) => void, overload = tireless): Promise<Running> {
  const stateDir = await mkdtemp(join(tmpdir(), 'guardcell-app-'))
  const prefix = env.REDIS_PREFIX ?? ownPrefix()
  const config = loadConfig({ REDIS_URL: process.env.REDIS_URL, REDIS_PREFIX: prefix, STATE_DIR: stateDir, LOG_LEVEL: 'silent', ADMIN_PASSWORD: PASSWORD, RATE_LIMIT: 'off', ...env })
  let skew = 0
  const app = await buildApp(config, { now: () => Date.now() + skew, skew: () => skew, overload })
  prepare?.(app)
  t.teardown(async () => {
    await app.close()
    await rm(stateDir, { recursive: true, force: true })
  })
  await app.ready()
  await app.datasets.opened
  await app.ensureFirstAdmin(() => {})

  const call: Running['call'] = async (method, url, { token, body, headers = {} } = {}) => {
    const response = await app.inject({
      method: method as 'GET',
      url,
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(typeof body === 'string' ? { 'content-type': 'application/x-www-form-urlencoded' } : {}), ...headers },
      ...(body === undefined ? {} : { payload: body as object })
    })
    const text = response.body
    return { status: response.statusCode, headers: response.headers, body: text !== '' && String(response.headers['content-type']).includes('json') ? JSON.parse(text) : text }
  }

  const login: Running['login'] = async (username, password = PASSWORD, more = {}) => {
    const { status, body } = await call('POST', '/v1/auth/login', { body: { username, password, ...more } })
    if (status !== 200) throw new Error(`login of ${username}: ${status} ${JSON.stringify(body)}`)
    return body as Pair
  }

  return {
    app,
    clock: { advance: seconds => { skew += seconds * 1000 }, skew: () => skew },
    call,
    login,
    refresh: (token, key, more = {}) => call('POST', '/v1/auth/refresh', { body: { refresh_token: token, ...more }, ...(key === undefined ? {} : { headers: { 'idempotency-key': key } }) }),
    createUser: async (username, more = {}) => await app.accounts.create({ username, fullname: username, password: PASSWORD, ...more })
  }
}

/** Every key of one user. */
export async function keysOf (app: FastifyInstance, uid: string): Promise<string[]> {
  const client = app.redis as Redis
  const found: string[] = []
  for await (const keys of client.scanStream({ match: `${app.names.user(uid)}:*`, count: 1000 })) found.push(...keys as string[])
  return found.sort()
}

/** The claims in a token, unverified. */
export const claimsIn = (token: string): Record<string, any> => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<string, any>

/** A test that is run once for each way in which access tokens are written. */
export function inBothFormats (t: Test, name: string, run: (t: Test, env: { ACCESS_TOKEN_FORMAT: string }) => Promise<void>): void {
  for (const format of ['jwt', 'opaque']) void t.test(`${name} (${format})`, t => run(t, { ACCESS_TOKEN_FORMAT: format }))
}
