import type { Redis } from 'ioredis'
import t from 'tap'
import { exportLines } from '#lib/audit/command.js'
import { createReading } from '#lib/audit/reading.js'
import type { AuditEvent } from '#lib/audit/schema.js'
import { createAudit } from '#lib/audit/service.js'
import { runCommand } from '#lib/cli.js'
import { ownPrefix, start, type Running } from '../../support/app.js'

const KEY = `base64:${Buffer.alloc(64, 3).toString('base64')}`
const EACH = 300

/** Five accounts with events of their own, some of which came in the same millisecond. */
async function busy ({ app, createUser }: Running): Promise<void> {
  const names = await Promise.all(Array.from({ length: 5 }, async (_, n) => app.names.user((await createUser(`user-${n}`)).id)))
  const from = Date.now() - 1_000_000
  for (const [n, name] of names.entries()) {
    const write = app.redis.pipeline()
    for (let i = 0; i < EACH; i++) write.xadd(`${name}:audit${i % 3 === 0 ? ':minor' : ''}`, `${from + 7 * i + n % 2}-1`, 'action', 'brute_force', 'details', JSON.stringify({ n, i }))
    await app.redis.del(`${name}:audit`)
    await write.exec()
  }
}

/** The events of all accounts by the list, the earliest first. */
async function listed ({ app }: Running): Promise<string[]> {
  const ids: string[] = []
  let cursor: string | null | undefined
  do {
    const { items, next } = await app.audit.list({ user: '', all: true }, { limit: 500, ...(cursor ? { cursor } : {}) })
    ids.push(...items.map(({ id }) => id))
    cursor = next
  } while (cursor !== null)
  return ids.reverse()
}

t.test('all events come once, in the order of their time, and no more are read than somebody takes', async t => {
  const running = await start(t)
  await busy(running)
  const { app } = running
  let reads = 0
  const redis = Object.create(app.redis, {
    xrange: {
      value: async (...args: Parameters<Redis['xrange']>) => {
        reads++
        return await app.redis.xrange(...args)
      }
    }
  }) as Redis
  const audit = createAudit({ store: app.auditStore, reading: createReading(redis), open: async () => null, now: Date.now })

  const parts = exportLines(audit, app.accountStore, {})
  const first = await parts.next()
  const afterFirst = reads
  await app.auditStore.record('anonymous', { action: 'credentials_refused' })
  t.equal(reads, afterFirst, 'nothing is read ahead')
  const lines = [String(first.value)]
  for await (const part of parts) lines.push(part)
  t.ok(lines.length >= 4, `${lines.length} parts`)
  t.ok(reads > afterFirst)
  const events = lines.join('').trimEnd().split('\n').map(line => JSON.parse(line) as AuditEvent)
  t.equal(events.filter(({ details }) => details.n !== undefined).length, 5 * EACH)
  t.strictSame(events.map(({ id }) => id), (await listed(running)).slice(0, -1), 'as the list has them, but for what came in meanwhile')
})

t.test('more streams than a part has events, and only some of the time', async t => {
  const running = await start(t)
  await busy(running)
  const { app } = running
  const streams = [...await app.auditStore.everybody(), 'anonymous'].flatMap(app.auditStore.streamsOf)
  const { earliest, settled } = createReading(app.redis)
  const [since, until] = [Date.now() - 999_500, await settled()]
  const found: string[] = []
  for (let page = await earliest({ streams, since, until, after: undefined, limit: 3 }); page.length > 0; page = await earliest({ streams, since, until, after: page.at(-1), limit: 3 })) {
    found.push(...page.map(({ time, number, stream }) => `${time}-${number}.${stream}`))
  }
  t.strictSame(found, (await listed(running)).filter(id => Number(id.split('-')[0]) >= since))
})

t.test('the command line prints part by part', async t => {
  const prefix = ownPrefix()
  await busy(await start(t, { REDIS_PREFIX: prefix, JWT_SECRET_KEY: KEY }))
  const parts: string[] = []
  let printing = false
  const { code, text } = await runCommand(['audit'], { REDIS_URL: process.env.REDIS_URL, REDIS_PREFIX: prefix, JWT_SECRET_KEY: KEY }, async part => {
    if (printing) t.fail('the next part waits until one is printed')
    printing = true
    await new Promise(setImmediate)
    printing = false
    parts.push(part)
  })
  t.strictSame([code, text], [0, ''])
  t.ok(parts.length >= 4)
  t.ok(parts.every(part => part.endsWith('\n') && part.split('\n').length <= 501))
})
