// Measures the service beside a bare Fastify in the same run; prints a table. Rounds alternate, medians count.
import autocannon from 'autocannon'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import type { TokenPair } from '#lib/sessions/schema.js'
import { startRedis } from '../test/support/redis.js'
import { login, median, PASSWORD, spread, start, type Server } from './common.js'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const SECONDS = Number(process.env.SECONDS ?? 4)
const CONNECTIONS = 10

interface Round { rate: number, p50: number, p99: number }

const cannon = async (options: autocannon.Options): Promise<Round> => {
  const result = await autocannon({ connections: CONNECTIONS, duration: SECONDS, ...options })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${result.non2xx} refusals and ${result.errors} errors: the figures would mean nothing`)
  return { rate: result.requests.average, p50: result.latency.p50, p99: result.latency.p99 }
}

const read = (server: Server, token: string) => cannon({ url: `${server.url}/v1/users/me`, headers: { authorization: `Bearer ${token}` } })

/** Each connection spends a refresh token that an earlier answer brought. */
const refresh = (server: Server, tokens: string[]) => {
  const waiting = [...tokens]
  return cannon({
    url: server.url,
    requests: [{
      method: 'POST',
      path: '/v1/auth/refresh',
      headers: { 'content-type': 'application/json' },
      setupRequest: request => ({ ...request, body: JSON.stringify({ refresh_token: waiting.pop() }) }),
      onResponse: (_status, body) => { waiting.push((JSON.parse(body) as Required<TokenPair>).refresh_token) }
    }]
  })
}

const sent = async (redis: Redis): Promise<number> => {
  const stats = await redis.info('commandstats')
  const calls = (name: string): number => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0)
  // What runs inside a script is part of that one call; the pipelined look-up uses none.
  return calls('evalsha') > 0 ? calls('evalsha') + calls('eval') : calls('hmget')
}

const table: string[] = []
const row = (name: string, bare: Round[], ours: Round[], commands: string): void => {
  const [b, o] = [median(bare.map(r => r.rate)), median(ours.map(r => r.rate))]
  table.push(`| ${name} | ${b.toFixed(0)} (${spread(bare.map(r => r.rate))}) | ${o.toFixed(0)} (${spread(ours.map(r => r.rate))}) | ${median(ours.map(r => r.p50)).toFixed(1)} / ${median(ours.map(r => r.p99)).toFixed(1)} | **${(o / b).toFixed(2)}** | ${commands} |`)
}

const redis = await startRedis('--appendonly', 'no')
const client = new Redis(redis.url)
const state = await mkdtemp(join(tmpdir(), 'guardcell-bench-'))
const guardcell = await start('guardcell.ts', { REDIS_URL: redis.url, STATE_DIR: state, ADMIN_PASSWORD: PASSWORD, LOG_LEVEL: 'silent', NODE_ENV: 'production', MAX_SESSION: '1000', RATE_LIMIT: 'off', PASSWORD_CONCURRENCY: process.env.PASSWORD_CONCURRENCY ?? '' })
const pair = await login(guardcell.url)
const bare = await start('bare.ts', { BODIES: JSON.stringify({ user: pair.user, pair }) })

try {
  const reads: { bare: Round[], ours: Round[], commands: number[] } = { bare: [], ours: [], commands: [] }
  const refreshes: typeof reads = { bare: [], ours: [], commands: [] }
  for (let round = 0; round < ROUNDS; round++) {
    reads.bare.push(await read(bare, pair.access_token))
    await client.config('RESETSTAT')
    const ofRead = await read(guardcell, pair.access_token)
    reads.ours.push(ofRead)
    reads.commands.push(await sent(client) / (ofRead.rate * SECONDS))

    const tokens = await Promise.all(Array.from({ length: CONNECTIONS }, () => login(guardcell.url).then(p => p.refresh_token)))
    refreshes.bare.push(await refresh(bare, tokens))
    await client.config('RESETSTAT')
    const ofRefresh = await refresh(guardcell, tokens)
    refreshes.ours.push(ofRefresh)
    refreshes.commands.push(await sent(client) / (ofRefresh.rate * SECONDS))
  }
  row('GET /v1/users/me', reads.bare, reads.ours, median(reads.commands).toFixed(1))
  row('POST /v1/auth/refresh', refreshes.bare, refreshes.ours, median(refreshes.commands).toFixed(1))

  const logins: Round[] = []
  const delays: Array<{ p99: number, max: number }> = []
  for (let round = 0; round < ROUNDS; round++) {
    guardcell.process.send('measure')
    logins.push(await cannon({
      url: `${guardcell.url}/v1/auth/login`, method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'admin', password: PASSWORD })
    }))
    guardcell.process.send('tell')
    const [delay] = await once(guardcell.process, 'message') as [{ p99: number, max: number }]
    delays.push(delay)
  }
  console.log(`Node ${process.version}, Redis ${/redis_version:(\S+)/.exec(await client.info('server'))?.[1]}, ${cpus().length} x ${cpus()[0]?.model}; ${ROUNDS} rounds of ${SECONDS} s, ${CONNECTIONS} connections; medians, with the least and the most in brackets\n`)
  console.log('| route | bare, requests/s | Guardcell, requests/s | p50 / p99 ms | ratio | Redis commands per request |\n|---|---|---|---|---|---|')
  console.log(table.join('\n'))
  console.log(`\nLogins at full load: ${median(logins.map(r => r.rate)).toFixed(1)}/s (${spread(logins.map(r => r.rate))}), p50 ${median(logins.map(r => r.p50)).toFixed(0)} ms; event-loop delay p99 ${median(delays.map(d => d.p99)).toFixed(1)} ms, the longest ${Math.max(...delays.map(d => d.max)).toFixed(1)} ms`)
} finally {
  guardcell.process.kill()
  bare.process.kill()
  client.disconnect()
  await redis.remove()
  await rm(state, { recursive: true, force: true })
}
