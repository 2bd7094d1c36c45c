// How long anybody waits for an answer while others do their worst; see README.md.
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startRedis } from '../test/support/redis.js'
import { login, PASSWORD, start, stop, type Server } from './common.js'
import type { Sample } from './servers/watcher.js'
import { isOfListing, isOfMetadata, makings, type Call, type Making } from './stall/calls.js'
import { makeWorld } from './stall/world.js'

const SECONDS = Number(process.env.SECONDS ?? 300)
const ONLY = new RegExp(process.env.ONLY ?? '')

interface Done { label: string, from: number, to: number, status: number }
interface Phase { name: string, makings: Making[], token: string | undefined, atOnce: number }

const now = (): number => performance.timeOrigin + performance.now()
const agent = new Agent({ keepAlive: true })

async function send (url: string, { method, path, type, body }: Omit<Call, 'label'>, token?: string): Promise<{ status: number, text: () => string }> {
  const call = request(url + path, { agent, method, headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...(body ? { 'content-type': type, 'content-length': body.length } : {}) } })
  call.end(body)
  const [answer] = await once(call, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  return { status: answer.statusCode, text: () => Buffer.concat(chunks).toString() }
}

/** Calls in turns until the time is over. */
async function load (url: string, { makings, token, atOnce }: Phase, ms: number, done: Done[]): Promise<void> {
  const until = now() + ms
  let next = 0
  await Promise.all(Array.from({ length: atOnce }, async () => {
    while (now() < until) {
      // Stepping by a number that divides hardly any other mixes them, in the same way each time.
      const call = makings[next++ * 7919 % makings.length]!()
      const from = now()
      const status = await send(url, call, token).then(({ status }) => status, () => 0)
      done.push({ label: call.label, from, to: now(), status })
    }
  }))
}

const take = async ({ process }: Server): Promise<Sample[]> => {
  process.send('take')
  return (await once(process, 'message') as [Sample[]])[0]
}

const shown = (samples: Sample[], of: 1 | 2 = 1): string => {
  const sorted = samples.map(sample => sample[of]).sort((a, b) => a - b)
  return [0.5, 0.99, 1].map(part => (sorted[Math.ceil(sorted.length * part) - 1] ?? NaN).toFixed(1)).join(' / ')
}

/** What was under way in the wait in which the main thread was busy the longest. */
function blamed (samples: Sample[], done: Done[]): string {
  const [at, ms] = samples.reduce((worst, sample) => sample[2] > worst[2] ? sample : worst)
  const under = done.filter(({ from, to }) => from < at + ms && to > at + ms / 2)
  return [...new Set(under.map(({ label }) => label))].slice(0, Number(process.env.BLAMED ?? 5)).join('; ')
}

const statuses = (done: Done[]): string => [2, 4, 5].map(first => done.filter(({ status }) => Math.floor(status / 100) === first).length).join(' / ')

async function measure (url: string, watchers: Server[], phases: Phase[]): Promise<void> {
  console.log('| | calls answered 2xx / 4xx / 5xx | `/health/live` p50 / p99 / p100 ms | main thread busy meanwhile | idle process p50 / p99 / p100 ms | under way at the worst |\n|---|---|---|---|---|---|')
  for (const phase of phases) {
    const done: Done[] = []
    for (const watcher of watchers) await take(watcher)
    await load(url, phase, SECONDS * 1000 / phases.length, done)
    await sleep(200)
    const [live, idle] = [await take(watchers[0]!), await take(watchers[1]!)]
    console.log(`| ${phase.name} | ${statuses(done)} | ${shown(live)} | ${shown(live, 2)} | ${shown(idle)} | ${blamed(live, done)} |`)
  }
}

async function accounts (url: string): Promise<Record<'reader' | 'contributor', string>> {
  const admin = (await login(url)).access_token
  const join = async (role: string): Promise<string> => {
    await send(url, { method: 'POST', path: '/v1/users', type: 'application/json', body: Buffer.from(JSON.stringify({ username: role, fullname: role, password: PASSWORD, roles: [role] })) }, admin)
    const { text } = await send(url, { method: 'POST', path: '/v1/auth/login', type: 'application/json', body: Buffer.from(JSON.stringify({ username: role, password: PASSWORD })) })
    return JSON.parse(text()).access_token
  }
  return { reader: await join('reader'), contributor: await join('contributor') }
}

async function run (root: string, redisUrl: string): Promise<void> {
  const data = join(root, 'datasets')
  await mkdir(data)
  makeWorld(data)
  const server = await start('guardcell.ts', { REDIS_URL: redisUrl, STATE_DIR: root, ADMIN_PASSWORD: PASSWORD, LOG_LEVEL: 'error', NODE_ENV: 'production', API_LIMIT: '0', GUEST_ACCESS: 'read', SESSION_TIMEOUT: '86400' })
  const watchers = [await start('watcher.ts', { WATCHED: server.url, WATCHED_PID: String(server.process.pid) }), await start('watcher.ts', { WATCHED: '', WATCHED_PID: '' })]
  while ((await send(server.url, { method: 'GET', path: '/health/ready' })).status !== 200) await sleep(50)
  for (const [i, name] of ['live', 'idle'].entries()) console.error(`while the folder was indexed, ${name}: ${await take(watchers[i]!).then(samples => `${shown(samples)}, busy ${shown(samples, 2)}`)}`)
  const { reader, contributor } = await accounts(server.url)
  const all = makings(JSON.parse((await send(server.url, { method: 'GET', path: '/openapi.json' })).text()))
  const only = (fits: (call: Call) => boolean): Making[] => all.filter(making => fits(making()))
  const phases: Phase[] = [
    { name: 'guest, every route', makings: all, token: undefined, atOnce: 4 },
    { name: 'reader, every route', makings: all, token: reader, atOnce: 4 },
    { name: 'contributor, every route', makings: all, token: contributor, atOnce: 4 },
    { name: 'contributor, metadata, ten at once', makings: only(isOfMetadata), token: contributor, atOnce: 10 },
    { name: 'contributor, files and archives, ten at once', makings: only(isOfListing), token: contributor, atOnce: 10 }
  ].filter(({ name }) => ONLY.test(name))
  await measure(server.url, watchers, phases)
  for (const process of [...watchers, server]) await stop(process, 'SIGKILL')
}

const redis = await startRedis('--appendonly', 'no')
const root = await mkdtemp(join(process.env.BENCH_DIR ?? join(import.meta.dirname, '../.build'), 'stall-'))
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}, load ${loadavg().map(load => load.toFixed(1)).join(' ')}; ${SECONDS} s\n`)
try {
  await run(root, redis.url)
} finally {
  agent.destroy()
  await redis.remove()
  await rm(root, { recursive: true, force: true })
}
