// Measures whether API tokens become slower when there are many: of one account, and of many accounts.
import type { FastifyInstance } from 'fastify'
import { mkdtemp, rm } from 'node:fs/promises'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { UserPrincipal } from '#lib/access/authorize.js'
import { buildApp } from '#lib/app.js'
import { loadConfig } from '#lib/config/load.js'
import { startRedis } from '../test/support/redis.js'
import { median, PASSWORD, spread } from './common.js'

const ROUNDS = Number(process.env.ROUNDS ?? 7)
const MANY = Number(process.env.TOKENS ?? 100_000)
const FEW = 100
const CALLS = Number(process.env.CALLS ?? 2_000)
const AT_ONCE = 16

interface Installation { app: FastifyInstance, owner: UserPrincipal, token: string }

/** Does a piece of work so many times, some at once. @returns times per second */
async function rate (times: number, work: () => Promise<unknown>): Promise<number> {
  let left = times
  const began = performance.now()
  await Promise.all(Array.from({ length: AT_ONCE }, async () => { while (left-- > 0) await work() }))
  return times / (performance.now() - began) * 1000
}

const issue = (app: FastifyInstance, owner: UserPrincipal) => app.apiTokens.create(owner, { name: 'camera', datasets: { 'cam_*': ['read', 'write'] }, expires_in: 86_400 })

let accountsMade = 0

/** Adds an account with so many tokens, which is measured from then on. */
async function addAccount (installation: Installation, tokens: number): Promise<void> {
  const { app } = installation
  const { id } = await app.accounts.create({ username: `user${++accountsMade}`, fullname: '', password: PASSWORD, roles: ['contributor'] })
  const owner: UserPrincipal = { kind: 'access', transport: 'bearer', account: (await app.accountStore.byId(id))!, session: '', scope: '', issued: 0, expires: 0, authTime: 0, fresh: true, may: () => true, again: async () => owner }
  installation.owner = owner
  await rate(tokens, async () => { installation.token = (await issue(app, owner)).token })
}

/** An installation of its own in which each of so many accounts has so many tokens. */
async function install (name: string, url: string, folder: string, accounts: number, tokens: number): Promise<Installation> {
  const config = loadConfig({ REDIS_URL: url, REDIS_PREFIX: `${name}:`, STATE_DIR: join(folder, name), LOG_LEVEL: 'silent', ADMIN_PASSWORD: PASSWORD, RATE_LIMIT: 'off', API_TOKEN_DAILY_LIMIT: '0' })
  const app = await buildApp(config)
  await app.ready()
  const installation = { app, token: '' } as Installation
  for (let account = 0; account < accounts; account++) await addAccount(installation, tokens)
  return installation
}

const works: Record<string, (installation: Installation) => Promise<unknown>> = {
  'first page': ({ app, owner }) => app.apiTokens.list(owner.account.id, { limit: 50, status: 'active' }),
  use: ({ app, token }) => app.authenticate(token),
  // Last, as it adds tokens.
  creation: ({ app, owner }) => issue(app, owner)
}

const redis = await startRedis('--appendonly', 'no')
const folder = await mkdtemp(join(tmpdir(), 'guardcell-bench-'))
try {
  const few = await install('few', redis.url, folder, 1, FEW)
  const one = await install('one', redis.url, folder, 1, MANY)
  const many = await install('many', redis.url, folder, MANY / FEW / 10, FEW * 10)
  const installations = [few, one, many]
  console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}; medians of ${ROUNDS} rounds of ${CALLS} calls, ${AT_ONCE} at once, in turns; least and most in brackets\n`)
  console.log(`| calls/s | ${FEW} tokens | ${MANY} of one account | ratio | ${MANY} of ${MANY / FEW / 10} accounts | ratio |\n|---|---|---|---|---|---|`)
  for (const [name, work] of Object.entries(works)) {
    const rates = installations.map((): number[] => [])
    for (let round = 0; round <= ROUNDS; round++) {
      if (name === 'creation') await addAccount(few, FEW)
      for (const [i, installation] of installations.entries()) {
        const measured = await rate(CALLS, () => work(installation))
        // The first round warms up.
        if (round > 0) rates[i]!.push(measured)
      }
    }
    const [base = [], ofOne = [], ofMany = []] = rates
    const ratio = (values: number[]): string => (median(values) / median(base)).toFixed(2)
    const cell = (values: number[]): string => `${median(values).toFixed(0)} (${spread(values)})`
    console.log(`| ${name} | ${cell(base)} | ${cell(ofOne)} | ${ratio(ofOne)} | ${cell(ofMany)} | ${ratio(ofMany)} |`)
  }
  for (const { app } of installations) await app.close()
} finally {
  await redis.remove()
  await rm(folder, { recursive: true, force: true })
}
