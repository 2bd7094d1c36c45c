// Measures the data-set store beside the least that any program would have to do for the same safety.
import { once } from 'node:events'
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { startRedis } from '../test/support/redis.js'
import { login, median, PASSWORD, spread, start, stop, type Server } from './common.js'

const ROUNDS = Number(process.env.ROUNDS ?? 5)
const FILES = Number(process.env.FILES ?? 400)
const SCANS = Number(process.env.SCANS ?? 10_000)
const FILES_PER_SCAN = 60
const BYTES = 20_000

const content = randomBytes(BYTES)
const ms = (since: number): number => performance.now() - since
const listing = (ids: string[]): string => JSON.stringify({ filesets: [{ files: ids.map(id => ({ file: `${id}.jpg`, id })), id: 'images' }] }, null, 4)

async function synced (path: string, data: Uint8Array | string): Promise<void> {
  const handle = await open(path, 'w')
  await handle.writeFile(data)
  await handle.sync()
  await handle.close()
}

async function syncFolder (path: string): Promise<void> {
  const handle = await open(path)
  await handle.sync()
  await handle.close()
}

/** The bare loop: each file's data, and for each group of four the folder, files.json and its folder. */
async function bare (root: string): Promise<number> {
  const folder = join(root, 'images')
  await mkdir(folder, { recursive: true })
  const ids: string[] = []
  const began = performance.now()
  for (let done = 0; done < FILES; done += 4) {
    const group = [0, 1, 2, 3].map(i => `f${done + i}`)
    await Promise.all(group.map(async id => {
      await synced(join(root, `${id}.tmp`), content)
      await rename(join(root, `${id}.tmp`), join(folder, `${id}.jpg`))
    }))
    await syncFolder(folder)
    ids.push(...group)
    await synced(join(root, 'files.json.tmp'), listing(ids))
    await rename(join(root, 'files.json.tmp'), join(root, 'files.json'))
    await syncFolder(root)
  }
  return FILES / ms(began) * 1000
}

const send = async (agent: Agent, url: string, method: string, token: string, body?: Buffer | object): Promise<any> => {
  const payload = body === undefined || Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body))
  const call = request(url, { agent, method, headers: { authorization: `Bearer ${token}`, ...(payload ? { 'content-length': payload.length, 'content-type': Buffer.isBuffer(body) ? 'image/jpeg' : 'application/json' } : {}) } })
  call.end(payload)
  const [answer] = await once(call, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  if (answer.statusCode >= 300) throw new Error(`${method} ${url}: ${answer.statusCode} ${Buffer.concat(chunks).toString()}`)
  return chunks.length > 0 ? JSON.parse(Buffer.concat(chunks).toString()) : undefined
}

/** Uploads over some connections, each as soon as the last was answered. */
async function uploads (server: Server, token: string, scan: string, connections: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  await send(agent, `${server.url}/v1/scans`, 'POST', token, { id: scan })
  await send(agent, `${server.url}/v1/scans/${scan}/filesets`, 'POST', token, { id: 'images' })
  let next = 0
  const began = performance.now()
  await Promise.all(Array.from({ length: connections }, async () => {
    while (next < FILES) await send(agent, `${server.url}/v1/scans/${scan}/filesets/images/files?id=f${next++}&ext=jpg`, 'POST', token, content)
  }))
  const rate = FILES / ms(began) * 1000
  agent.destroy()
  return rate
}

async function throughput (server: Server, root: string): Promise<void> {
  const token = (await login(server.url)).access_token
  const rates: Record<string, number[]> = { 'bare loop': [], '4 connections': [], '16 connections': [] }
  for (let round = 0; round <= ROUNDS; round++) {
    const ofRound = {
      'bare loop': await bare(join(root, `bare-${round}`)),
      '4 connections': await uploads(server, token, `round-${round}-4`, 4),
      '16 connections': await uploads(server, token, `round-${round}-16`, 16)
    }
    // The first round warms up.
    if (round > 0) for (const [name, rate] of Object.entries(ofRound)) rates[name]!.push(rate)
  }
  console.log(`\nUploads of ${BYTES / 1000} KB, each on disk before its answer; ${ROUNDS} rounds of ${FILES} files\n`)
  console.log('| | files/s | ratio |\n|---|---|---|')
  for (const [name, values] of Object.entries(rates)) console.log(`| ${name} | ${median(values).toFixed(0)} (${spread(values)}) | ${(median(values) / median(rates['bare loop']!)).toFixed(2)} |`)
}

/** Makes a folder as PlantDB would have left it; every hundredth scan is of the species that is looked for. */
async function makeScans (root: string): Promise<void> {
  const ids = Array.from({ length: FILES_PER_SCAN }, (_, i) => `${String(i).padStart(5, '0')}_rgb`)
  for (let scan = 0; scan < SCANS; scan++) {
    const folder = join(root, `scan_${String(scan).padStart(5, '0')}`)
    await mkdir(join(folder, 'images'), { recursive: true })
    await mkdir(join(folder, 'metadata'))
    const object = { species: scan % 100 === 0 ? 'Zea mays' : 'Arabidopsis thaliana', plant_id: `plant-${scan}`, environment: 'growth chamber', treatment: 'none' }
    await writeFile(join(folder, 'metadata', 'metadata.json'), JSON.stringify({ owner: 'admin', acquisition_date: '2026-03-14 09:30:00', object, hardware: { camera: 'RX0', sensor: 'IMX' } }))
    await writeFile(join(folder, 'files.json'), listing(ids))
    await Promise.all(ids.map(id => writeFile(join(folder, 'images', `${id}.jpg`), 'x')))
  }
}

const ready = async (server: Server): Promise<void> => {
  for (;;) {
    if ((await fetch(`${server.url}/health/ready`)).status === 200) return
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}

async function manyScans (env: Record<string, string>, root: string): Promise<void> {
  const began = performance.now()
  await makeScans(root)
  console.error(`made ${SCANS} scans in ${(ms(began) / 1000).toFixed(0)} s`)
  const starts: number[] = []
  for (let run = 0; run <= ROUNDS; run++) {
    const since = performance.now()
    const server = await start('guardcell.ts', env)
    await ready(server)
    starts.push(ms(since))
    if (run === ROUNDS) await listings(server)
    await stop(server)
  }
  console.log(`\n${SCANS} scans of ${FILES_PER_SCAN} files, from the start of the process to ready: first ${((starts[0] ?? 0) / 1000).toFixed(1)} s, later ${(median(starts.slice(1)) / 1000).toFixed(2)} s (${spread(starts.slice(1).map(value => value / 1000), 2)})`)
}

async function listings (server: Server): Promise<void> {
  const token = (await login(server.url)).access_token
  const agent = new Agent({ keepAlive: true })
  for (const [name, query] of [['a filter', 'query={"object":{"species":"Zea mays"}}'], ['a fuzzy filter', 'fuzzy=true&query={"object":{"species":"Zea.*"}}']] as const) {
    const times: number[] = []
    for (let i = 0; i < 20; i++) {
      const since = performance.now()
      const { items } = await send(agent, `${server.url}/v1/scans?limit=500&sort=-created&${encodeURI(query)}`, 'GET', token)
      times.push(ms(since))
      if (items.length !== Math.ceil(SCANS / 100)) throw new Error(`${items.length} scans are listed`)
    }
    console.log(`Listing with ${name} that keeps ${Math.ceil(SCANS / 100)} of ${SCANS}: ${median(times).toFixed(0)} ms (${spread(times)})`)
  }
  agent.destroy()
}

const redis = await startRedis('--appendonly', 'no')
const root = await mkdtemp(join(process.env.BENCH_DIR ?? join(import.meta.dirname, '../.build'), 'bench-'))
const env = (name: string) => ({ REDIS_URL: redis.url, REDIS_PREFIX: `${name}:`, STATE_DIR: join(root, name), ADMIN_PASSWORD: PASSWORD, LOG_LEVEL: 'error', NODE_ENV: 'production', API_LIMIT: '0' })
console.log(`Node ${process.version}, ${cpus().length} x ${cpus()[0]?.model}; medians, with the least and the most in brackets`)
try {
  const server = await start('guardcell.ts', env('uploads'))
  await ready(server)
  await throughput(server, root)
  await stop(server)
  await manyScans(env('many'), join(root, 'many', 'datasets'))
} finally {
  await redis.remove()
  await rm(root, { recursive: true, force: true })
}
