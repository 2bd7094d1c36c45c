import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Test } from 'tap'
import { freePort } from '../support/redis.js'
import { call, login, MAIN, serve, stateDir, until, type Env, type Service, type Arguments } from './process.js'
import { ownPrefix } from '../support/app.js'

const PASSWORD = 'correct horse battery'

export interface Answer { status: number, headers: IncomingMessage['headers'], body: Buffer }

/** Calls a service; `path` is below `/v1/scans`. */
export type Send = (method: string, path: string, body?: Buffer | object) => Promise<Answer>

export const sha256 = (data: Buffer): string => createHash('sha256').update(data).digest('base64')

/** About 20 KB that nobody has seen before. */
export const content = (): Buffer => randomBytes(10_000 + Math.floor(Math.random() * 20_000))

export const jsonOf = ({ body }: Answer): any => JSON.parse(body.toString())

/** Opens connections that last as long as the test; what is asked for while all are busy waits in line. */
export function connect (t: Test, url: string, token: string, maxSockets = 1): Send {
  const agent = new Agent({ keepAlive: true, maxSockets })
  t.teardown(() => agent.destroy())
  const ask: Send = async (method, path, body) => {
    const isFile = body instanceof Buffer
    const data = body === undefined || isFile ? body : Buffer.from(JSON.stringify(body))
    const sent = request(`${url}/v1/scans${path}`, {
      agent,
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(data ? { 'content-type': isFile ? 'application/octet-stream' : 'application/json', 'content-length': data.length } : {})
      }
    })
    sent.end(data)
    const [response] = await once(sent, 'response') as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of response) chunks.push(chunk as Buffer)
    return { status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }
  }
  return async (...call) => {
    for (;;) {
      const answer = await ask(...call)
      // A process that was stopped takes the time that it has missed for too much work, and does nothing for a moment.
      if (answer.status !== 503 || jsonOf(answer).code !== 'overloaded') return answer
      await sleep(100)
    }
  }
}

/** Makes what a test needs before it begins. @throws if the service refuses */
export async function make (send: Send, path: string, body: Buffer | object): Promise<void> {
  const { status, body: text } = await send('POST', path, body)
  if (status !== 201) throw new Error(`POST ${path}: ${status} ${text.toString()}`)
}

/** What replicas of one installation have in common. */
export async function installation (t: Test, more: Env = {}): Promise<Env & { DATA_DIR: string }> {
  const folder = await stateDir(t)
  return {
    REDIS_URL: process.env.REDIS_URL ?? '',
    REDIS_PREFIX: ownPrefix(),
    STATE_DIR: `${folder}/state`,
    DATA_DIR: `${folder}/data`,
    ADMIN_PASSWORD: PASSWORD,
    SESSION_TIMEOUT: '36000',
    GUEST_ACCESS: 'public',
    RATE_LIMIT: 'off',
    ...more
  }
}

/** Starts a replica and waits until it has read the folder. */
export async function replica (t: Test, env: Env, args?: Arguments): Promise<Service> {
  const service = await serve(t, MAIN, { ...env, PORT: String(await freePort()) }, undefined, args)
  await until('the folder is indexed', async () => (await call(`${service.url}/v1/scans`)).status === 200)
  return service
}

export const tokenOf = async ({ url }: Service): Promise<string> => (await login(url, PASSWORD)).body.access_token
