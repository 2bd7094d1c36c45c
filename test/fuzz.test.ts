import fc from 'fast-check'
import { Agent } from 'node:http'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { createJudge } from './fuzz/judge.js'
import { createRequests, operationsOf, type Document, type Sent } from './fuzz/requests.js'
import { send, type Received } from './fuzz/send.js'
import { makeWorld, type World } from './fuzz/world.js'
import { start } from './support/app.js'

const REQUESTS = Number(process.env.FUZZ_REQUESTS ?? 2_500)
/** The suite sends the same each time; npm run fuzz looks for something new. */
const SEED = Number(process.env.FUZZ_SEED ?? (process.env.FUZZ_REQUESTS === undefined ? 1 : Date.now() % 2 ** 31))
const AT_ONCE = 4
/** So many requests meet one world. */
const BATCH = 250
const LONGEST_MS = 2_000
/**
 * How often what was slow or broken off is asked for again, alone: on a busy machine anything may be slow once,
 * and an archive is broken off whose scan is deleted at that moment.
 */
const REPEATS = 3
const FAULTS_SHOWN = 20

const once = process.versions.node.startsWith('20.') || process.env.FUZZ_REQUESTS !== undefined

t.test('whatever is sent, the answer is one that the document promises, in time', { timeout: 3_600_000, ...(once ? {} : { skip: 'run on Node 20; npm run fuzz runs it anywhere' }) }, async t => {
  t.comment(`FUZZ_SEED=${SEED}`)
  const running = await start(t, { REGISTRATION: 'open', GUEST_ACCESS: 'read', MAX_SESSION: '1000', API_TOKEN_DAILY_LIMIT: '1000' })
  await running.app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = running.app.server.address() as AddressInfo
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  t.teardown(() => { agent.destroy() })
  const document = (await running.call('GET', '/openapi.json')).body as Document
  const requests = createRequests(document)
  const judge = createJudge(document)
  /** An example of each fault of an operation. */
  const faults = new Map<string, string>()
  const statuses = new Map<number, number>()
  const done = new Set<string>()

  /** The first answer that came whole and in time, or the last one. */
  const answerTo = async (sent: Sent, world: World): Promise<Received> => {
    let answer = await send(sent, world, { port, agent })
    for (let n = 0; n < REPEATS && (answer.status === 0 || answer.ms > LONGEST_MS); n++) answer = await send(sent, world, { port, agent })
    return answer
  }

  const ask = async (sent: Sent, world: World): Promise<void> => {
    const { method, path } = sent.operation
    const answer = await answerTo(sent, world)
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    if (answer.status < 400 && !sent.operation.stray) done.add(`${method} ${path}`)
    const fault = judge(sent.operation, answer) ?? (answer.ms > LONGEST_MS ? `took ${Math.round(answer.ms)} ms` : undefined)
    if (fault !== undefined) faults.set(`${fault.replace(/"request_id":"[^"]*"/, '')} (${method} ${path})`, answer.line)
  }

  for (let sent = 0; sent < REQUESTS; sent += BATCH) {
    const world = await makeWorld(running)
    const batch = fc.sample(requests, { seed: SEED + sent, numRuns: Math.min(BATCH, REQUESTS - sent) })
    await Promise.all(Array.from({ length: AT_ONCE }, async () => {
      for (let next = batch.pop(); next; next = batch.pop()) await ask(next, world)
    }))
  }

  const operations = operationsOf(document)
  t.comment(`statuses: ${[...statuses].sort(([a], [b]) => a - b).map(([status, n]) => `${n} x ${status}`).join(', ')}; ${done.size} of ${operations.length} operations were done at least once`)
  for (const [fault, example] of [...faults].slice(0, FAULTS_SHOWN)) t.fail(fault, { example })
  t.equal(faults.size, 0, 'nothing was wrong')
  t.ok(done.size > operations.length / 2, `more than half of the operations were done, not only refused: ${done.size} of ${operations.length}`)
})
