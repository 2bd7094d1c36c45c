import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { newKey, ownPrefix, PASSWORD } from '../support/app.js'
import { newSecret } from '../support/pairing.js'
import { freePort } from '../support/redis.js'
import { MAIN, serve, stateDir, until, type Env, type Service } from './process.js'

const OVERLAP_MS = 300

const kidOf = (token: string): string => JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()).kid

/** A token that was signed between two moments. */
interface Signed { kid: string, from: number, to: number }

interface Answer { status: number, body: any }

/** Replicas behind a load balancer that knows nothing: a call goes to either, and to the next one if nobody is there. */
function balancer (urls: string[]) {
  let turn = 0
  const once = async (url: string, path: string, { token, body, key }: { token?: string, body?: unknown, key?: string }): Promise<Answer> => {
    const response = await fetch(url + path, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...(key === undefined ? {} : { 'idempotency-key': key }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) })
    })
    return { status: response.status, body: await response.json() }
  }
  const call = async (path: string, options: { token?: string, body?: unknown, key?: string } = {}): Promise<Answer> => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline;) {
      // One that restarts refuses connections, breaks them off, or says 503.
      const answer = await once(urls[turn++ % urls.length]!, path, options).catch(() => undefined)
      if (answer && answer.status !== 503) return answer
      await sleep(20)
    }
    throw new Error(`no replica answers ${path}`)
  }
  return { call, login: async () => (await call('/v1/auth/login', { body: { username: 'admin', password: PASSWORD } })).body }
}

type Balancer = ReturnType<typeof balancer>

/** Refreshes and calls until it is told to stop, as a client does that keeps its key until it has an answer. */
async function client ({ call, login }: Balancer, going: () => boolean, told: { answers: Map<number, number>, signed: Signed[] }): Promise<void> {
  const count = ({ status }: Answer): void => { told.answers.set(status, (told.answers.get(status) ?? 0) + 1) }
  let pair = await login()
  while (going()) {
    const from = Date.now()
    const answer = await call('/v1/auth/refresh', { body: { refresh_token: pair.refresh_token }, key: newKey() })
    count(answer)
    if (answer.status !== 200) return
    pair = answer.body
    told.signed.push({ kid: kidOf(pair.access_token), from, to: Date.now() })
    for (let n = 0; n < 3; n++) count(await call('/v1/users/me', { token: pair.access_token }))
    // Else four clients leave the machine to nobody else.
    await sleep(5)
  }
}

/** For how long at least one replica went on with a key after another one had begun with the next (ms). */
function disagreement (signed: Signed[], kids: string[]): number {
  const times = kids.slice(1).map((kid, n) => {
    const begun = Math.min(...signed.filter(token => token.kid === kid).map(({ to }) => to))
    const lasted = Math.max(...signed.filter(token => token.kid === kids[n]).map(({ from }) => from))
    return lasted - begun
  })
  return Math.max(...times)
}

async function start (t: Test) {
  const STATE_DIR = await stateDir(t)
  const ports = [await freePort(), await freePort()]
  const secrets = [newSecret(), newSecret()] as const
  const env: Env = { REDIS_URL: process.env.REDIS_URL!, REDIS_PREFIX: ownPrefix(), ADMIN_PASSWORD: PASSWORD, ISSUER: 'http://lab.example', KEY_OVERLAP: String(OVERLAP_MS / 1000), RATE_LIMIT: 'off', MAX_SESSION: '1000' }
  const run = (n: number, more: Env): Promise<Service> => serve(t, MAIN, { ...env, PORT: String(ports[n]), STATE_DIR, ...more })
  return { urls: ports.map(port => `http://127.0.0.1:${port}`), run, before: { JWT_SECRET_KEY: secrets[0] }, between: { JWT_SECRET_KEY: secrets[1], JWT_SECRET_KEY_PREVIOUS: secrets[0] } }
}

t.test('keys rotate ten times and the secret changes under load, and nobody is refused', async t => {
  const { urls, run, before, between } = await start(t)
  const replicas = [await run(0, before), await run(1, before)]
  const service = balancer(urls)
  const told = { answers: new Map<number, number>(), signed: [] as Signed[] }
  let going = true
  const clients = Promise.all(Array.from({ length: 4 }, () => client(service, () => going, told)))

  const list = async (): Promise<Array<{ kid: string, status: string }>> => (await service.call('/v1/keys', { token: (await service.login()).access_token })).body.items
  const signs = async (kid: string): Promise<void> => await until(`${kid} signs`, () => told.signed.some(token => token.kid === kid))
  const kids = [(await list())[0]!.kid]
  const rotate = async (): Promise<void> => {
    const { body } = await service.call('/v1/keys/rotate', { token: (await service.login()).access_token, body: {} })
    kids.push(body.kid)
    await signs(body.kid)
  }
  await signs(kids[0]!)
  for (let n = 0; n < 5; n++) await rotate()
  for (const [n, replica] of replicas.entries()) {
    await replica.end('SIGTERM')
    replicas[n] = await run(n, between)
  }
  // Announced by the first that knew the new secret, begun once both did.
  kids.push((await list())[0]!.kid)
  await signs(kids.at(-1)!)
  for (let n = 0; n < 5; n++) await rotate()
  going = false
  await clients

  t.strictSame([...told.answers.keys()], [200], `${JSON.stringify([...told.answers])} answers`)
  t.equal(new Set(kids).size, 12)
  t.strictSame([...new Set(told.signed.map(({ kid }) => kid))].sort(), kids.toSorted(), 'each key has signed, and no other')
  const apart = disagreement(told.signed, kids)
  t.ok(apart <= OVERLAP_MS, `two replicas signed with different keys for ${apart} ms at most`)
})
