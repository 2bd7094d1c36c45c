import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import t from 'tap'
import { craft, type Crafted } from '../lib/datasets/archive/craft.js'
import { connect, installation, jsonOf, replica, tokenOf, type Answer, type Send } from './datasets-client.js'
import { call, isGone, type Service } from './process.js'

const CALLS = Number(process.env.HOSTILE_CALLS ?? 100)
const READY_SECONDS = Number(process.env.READY_SECONDS ?? 60)
const ACCOUNTS = 4
const PASSWORD = 'correct horse battery'
const OPTIONS = { node: ['--max-old-space-size=512'] }
/** A little less than `METADATA_MAX_BYTES`. */
const FULL = 2 ** 20 - 1000

const nested = (depth: number): unknown => Array.from({ length: depth }).reduce<unknown>(inner => [inner], 0)

/** Metadata at or beyond what is taken: long, of many values, of many names, deep, and such that cannot be packed. */
const documents: Array<() => object> = [
  () => ({ text: 'x'.repeat(FULL) }),
  () => ({ text: randomBytes(FULL * 3 / 4).toString('base64') }),
  () => ({ list: new Array(99_000).fill([]) }),
  () => Object.fromEntries(Array.from({ length: 60_000 }, (_, i) => [`name-${i}`, i])),
  () => ({ deep: nested(95), list: Array.from({ length: 900 }, () => nested(90)) }),
  () => ({ deep: nested(1000) }),
  () => ({ text: 'x'.repeat(FULL + 2000) })
]

const listing: Crafted = { name: 'files.json', data: '{"filesets":[{"id":"images","files":[{"id":"a","file":"a.txt"}]}]}' }
const content: Crafted = { name: 'images/a.txt', data: 'a' }
const metadata = (data: string | Buffer): Crafted => ({ name: 'metadata/metadata.json', data, deflate: true })
const zeros = Buffer.alloc(64 * 2 ** 20)

/** Bombs, made once: entries that unpack to far more than they are, or to more than they state. */
const bombs = [
  craft([listing, { ...content, data: zeros, deflate: true }, { name: 'images/b.txt', data: zeros, deflate: true }, metadata('{}')]),
  craft([listing, content, { ...metadata(zeros), size: 100 }]),
  craft([listing, content, metadata(`{"list":[${'{},'.repeat(2_000_000)}{}]}`)]),
  craft([{ name: 'files.json', data: `{"filesets":[${'{"id":"a","files":[]},'.repeat(100_000)}{}]}`, deflate: true }, metadata('{}')])
]

const archives: Array<(document: string) => Buffer> = [
  document => craft([listing, content, metadata(document)]),
  document => craft([listing, content, metadata('{}'), { name: 'metadata/images/a.json', data: document, deflate: true }]),
  document => craft([listing, content, metadata(document)]).subarray(0, -100),
  ...bombs.map(bomb => () => bomb)
]

async function tokens (service: Service): Promise<string[]> {
  const admin = await tokenOf(service)
  return await Promise.all(Array.from({ length: ACCOUNTS }, async (_, i) => {
    const username = `eve-${i}`
    await call(`${service.url}/v1/users`, { token: admin, body: { username, fullname: username, password: PASSWORD, roles: ['contributor'] } })
    return (await call(`${service.url}/v1/auth/login`, { body: { username, password: PASSWORD } })).body.access_token as string
  }))
}

const memoryOf = async (pid: number): Promise<number> => Math.round(Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024)

const FERN = `?query=${encodeURIComponent('{"species":"fern"}')}`
const idsIn = (answer: Answer): string[] => jsonOf(answer).items?.map(({ id }: { id: string }) => id)

t.test(`a service with little memory outlives ${CALLS} hostile calls, and starts again over what they have left`, { timeout: 3_600_000 }, async t => {
  const env = await installation(t)
  const service = await replica(t, env, OPTIONS)
  const admin = connect(t, service.url, await tokenOf(service), 2)
  t.equal((await admin('POST', '', { id: 'honest', metadata: { species: 'fern' }, visibility: 'public' })).status, 201)
  const sends = (await tokens(service)).map(token => connect(t, service.url, token, 2))

  const attack = async (send: Send, i: number): Promise<Answer> => {
    const document = documents[(i >> 1) % documents.length]!()
    const id = `scan-${i}`
    if (i % 2 === 0) return await send('POST', '', { id, metadata: document })
    return await send('POST', `/${id}/archive`, archives[i % archives.length]!(JSON.stringify(document)))
  }
  const seen = new Map<string, number>()
  let next = 0
  const began = performance.now()
  await Promise.all(sends.map(async send => {
    while (next < CALLS) {
      const answer = await attack(send, next++)
      const said = answer.status < 300 ? String(answer.status) : `${answer.status} ${jsonOf(answer).code}`
      seen.set(said, (seen.get(said) ?? 0) + 1)
    }
  }))
  t.comment(`${Math.round((performance.now() - began) / 1000)} s, ${await memoryOf(service.pid)} MiB at most, ${JSON.stringify(Object.fromEntries(seen))}`)
  t.strictSame([...seen.keys()].filter(said => !/^201$|^4\d\d (metadata_too_large|body_too_large|archive_too_large|archive_invalid|invalid_request)$|^507 quota_exceeded$/.test(said)), [], 'each call is taken, or refused for what it is')
  t.notOk(isGone(service.pid), 'the process is the same')
  t.equal((await admin('GET', '/honest')).status, 200)
  t.strictSame(idsIn(await admin('GET', FERN)), ['honest'], 'and finds what it is asked for')

  const { signal } = await service.end('SIGKILL')
  t.equal(signal, 'SIGKILL', 'it had not ended before')
  const started = performance.now()
  const second = await replica(t, env, OPTIONS)
  const seconds = (performance.now() - started) / 1000
  t.comment(`ready again after ${seconds.toFixed(1)} s, ${await memoryOf(second.pid)} MiB`)
  t.ok(seconds <= READY_SECONDS, `ready within ${READY_SECONDS} s`)
  const again = connect(t, second.url, await tokenOf(second))
  t.equal((await again('GET', '/honest')).status, 200)
  t.strictSame(idsIn(await again('GET', FERN)), ['honest'])
})
