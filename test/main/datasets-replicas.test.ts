import { join } from 'node:path'
import t, { type Test } from 'tap'
import { connect, content, installation, jsonOf, make, replica, sha256, tokenOf, type Send } from './datasets-client.js'
import { faultsOfFolder, readAllTheTime } from './datasets-folder.js'
import { pause } from './datasets-pauses.js'
import { find, makeTraffic } from './datasets-traffic.js'
import { Ledger } from './ledger.js'
import { until } from './process.js'

/** Files over each connection. */
const EACH = Number(process.env.FILES_AT_ONCE ?? 40)
const EACH_WHILE_STOPPED = Number(process.env.FILES_WHILE_STOPPED ?? 25)
const SECONDS_OF_STOPS = Number(process.env.SECONDS_OF_STOPS ?? 4)
const CONNECTIONS = 4
const LEASE = 0.5

interface Uploaded { path: string, digest: string, status: number }

/** How often which status was answered. */
function tally (files: readonly Uploaded[]): Record<number, number> {
  const counts: Record<number, number> = {}
  for (const { status } of files) counts[status] = (counts[status] ?? 0) + 1
  return counts
}

/** Two replicas on one folder, with scans that have the fileset `images`. */
async function twoReplicas (t: Test) {
  const env = await installation(t, { WRITE_LEASE: String(LEASE) })
  const one = await replica(t, env)
  const token = await tokenOf(one)
  const services = [one, await replica(t, env)]
  const open = (): Send[] => services.map(({ url }) => connect(t, url, token))
  const [send] = open()
  for (const scan of ['many', 'raced', 'plant']) {
    await make(send!, '', { id: scan })
    await make(send!, `/${scan}/filesets`, { id: 'images' })
  }
  return { services, open, root: env.DATA_DIR, listingOf: (scan: string) => join(env.DATA_DIR, scan, 'files.json') }
}

async function uploadAll (send: Send, scan: string, ids: readonly string[]): Promise<Uploaded[]> {
  const done: Uploaded[] = []
  for (const id of ids) {
    const data = content()
    const { status } = await send('POST', `/${scan}/filesets/images/files?id=${id}&ext=bin`, data)
    done.push({ path: `/${scan}/filesets/images/files/${id}`, digest: sha256(data), status })
  }
  return done
}

/** As many files as asked for over each of four connections to each replica. */
async function uploadThroughBoth ({ open }: { open: () => Send[] }, scan: string, each: number): Promise<Uploaded[]> {
  const clients = Array.from({ length: CONNECTIONS }, open).flat()
  return (await Promise.all(clients.map(async (send, i) => await uploadAll(send, scan, Array.from({ length: each }, (_, n) => `c${i}-${n}`))))).flat()
}

/** Every file is there as it was sent, whoever is asked. */
async function areThere (t: Test, sends: readonly Send[], files: readonly Uploaded[]): Promise<void> {
  for (const [i, send] of sends.entries()) {
    const wrong = (await Promise.all(files.map(async ({ path, digest }) => await find(send, path) === digest ? [] : [path]))).flat()
    t.strictSame([wrong.length, ...wrong.slice(0, 5)], [0], `all ${files.length} files, as replica ${i + 1} has them`)
  }
}

t.test('two replicas on one folder', { timeout: 3_600_000 }, async t => {
  const both = await twoReplicas(t)
  const { services, open, root, listingOf } = both

  await t.test('take files into one scan at the same time and lose none', async t => {
    const work = uploadThroughBoth(both, 'many', EACH)
    const { count, broken } = await readAllTheTime(listingOf('many'), work)
    const files = await work
    t.strictSame(broken, [], `the listing was valid ${count} times`)
    t.strictSame(tally(files), { 201: files.length })
    t.strictSame(await faultsOfFolder(root), [], 'each file is listed once')
    await areThere(t, open(), files)
  })

  await t.test('make a file once when both are asked to', async t => {
    const ids = Array.from({ length: 40 }, (_, i) => `race-${i}`)
    const [ones = [], others = []] = await Promise.all(open().map(async send => await uploadAll(send, 'raced', ids)))
    const winners = ones.map((one, i) => [one, others[i]!].filter(({ status }) => status === 201))
    t.strictSame(winners.map(({ length }) => length), ids.map(() => 1), 'one of them is told that it did')
    t.strictSame(tally([...ones, ...others]), { 201: ids.length, 409: ids.length })
    await areThere(t, open(), winners.flat())
  })

  await t.test('see what the other one changes within a second', async t => {
    const [one, other] = open() as [Send, Send]
    /** By what was to be seen, how long that took (ms) each time: a busy machine may be slow once. */
    const took = new Map<string, number[]>()
    const seen = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
      const began = performance.now()
      await until(what, isSo)
      took.set(what, [...took.get(what) ?? [], performance.now() - began])
    }
    for (const species of ['fern', 'moss', 'maize']) {
      await make(one, '', { id: 'short' })
      await seen('a scan', async () => (await other('GET', '/short')).status === 200)
      await make(one, '/raced/filesets/images/files?id=seen&ext=bin', content())
      await seen('a file', async () => (await other('GET', '/raced/filesets/images/files/seen/info')).status === 200)
      t.ok(jsonOf(await other('GET', '/raced/filesets/images/files?limit=500')).items.some(({ id }: { id: string }) => id === 'seen'), 'it is listed')
      await one('PATCH', '/plant/metadata', { object: { species } })
      await seen('metadata', async () => jsonOf(await other('GET', '/plant/metadata')).object?.species === species)
      await one('DELETE', '/short')
      await seen('that a scan is gone', async () => (await other('GET', '/short')).status === 404)
      await one('DELETE', '/raced/filesets/images/files/seen')
      await seen('that a file is gone', async () => (await other('GET', '/raced/filesets/images/files/seen')).status === 404)
    }
    for (const [what, times] of took) t.ok(Math.min(...times) < 1000, `${what}: ${times.map(Math.round).join(', ')} ms`)
  })

  await t.test('lose none when one of them is stopped again and again for longer than its lease', async t => {
    let isOver = false
    const work = uploadThroughBoth(both, 'plant', EACH_WHILE_STOPPED).finally(() => { isOver = true })
    const pauses = pause(services, { runs: [300, 900], stops: [3000, 3000], isOver: () => isOver })
    const { broken } = await readAllTheTime(listingOf('plant'), work)
    const files = await work
    t.strictSame(broken, [])
    t.ok(await pauses, `${await pauses} stops`)
    t.strictSame(tally(files), { 201: files.length })
    t.strictSame(await faultsOfFolder(root), [], 'each file is listed once')
    await areThere(t, open(), files)
  })

  await t.test('keep every change when they are stopped at any moment, often', async t => {
    const over = performance.now() + SECONDS_OF_STOPS * 1000
    const isOver = (): boolean => performance.now() > over
    const ledger = new Ledger()
    const work = Promise.all([...open(), ...open()].map(async (send, i) => await makeTraffic({ send, ledger, name: `m${i}`, mixed: true, isOver })))
    const pauses = pause(services, { runs: [5, 150], stops: [50, LEASE * 1400], isOver })
    const { broken } = await readAllTheTime(listingOf('plant'), work)
    t.strictSame(broken, [])
    t.strictSame((await work).flat(), [], `every call was answered as it should be, ${await pauses} stops`)
    t.strictSame(await faultsOfFolder(root), [], 'listings and files agree')
    for (const send of open()) t.strictSame(await ledger.verify(async key => await find(send, key)), [], `all ${ledger.size} changes`)
  })
})
