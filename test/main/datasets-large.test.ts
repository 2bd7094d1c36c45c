import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import t, { type Test } from 'tap'
import { connect, installation, make, replica, tokenOf } from './datasets-client.js'
import { flow, formOf, readThrough, riseOf, streamTo } from './datasets-stream.js'
import { stateDir } from './process.js'

const MIB = 2 ** 20
const SIZE = Number(process.env.LARGE_MIB ?? 256) * MIB
const MOST_MIB = 64

t.test('a file larger than the memory that a service may take for it', { timeout: 3_600_000 }, async t => {
  const service = await replica(t, await installation(t))
  const token = await tokenOf(service)
  const scans = `${service.url}/v1/scans`
  const files = `${scans}/plant/filesets/large/files`
  const send = connect(t, service.url, token)
  await make(send, '', { id: 'plant' })
  await make(send, '/plant/filesets', { id: 'large' })
  // Once, so that its code and its buffers are there.
  const first = formOf(flow(8 * MIB), { id: 'first' })
  await readThrough(await streamTo('POST', files, { token, ...first }))
  await readThrough(await streamTo('GET', `${files}/first`, { token }))
  const stays = async (t: Test, what: string, work: () => Promise<unknown>): Promise<void> => {
    const rise = await riseOf(service.pid, work)
    t.ok(rise < MOST_MIB, `${what}: ${rise.toFixed(1)} MiB more memory at most`)
  }

  let digest = ''
  let tail: Buffer = Buffer.alloc(0)

  await t.test('comes in as it is', async t => {
    const large = flow(SIZE)
    await stays(t, 'in', async () => {
      const answer = await streamTo('POST', `${files}?id=raw&ext=bin`, { token, ...large })
      t.equal((await readThrough(answer)).status, 201)
      digest = large.digest()
      t.equal(answer.headers['content-digest'], `sha-256=:${digest}:`)
    })
  })

  await t.test('goes out', async t => {
    await stays(t, 'out', async () => {
      const answer = await streamTo('GET', `${files}/raw`, { token })
      const read = await readThrough(answer)
      tail = read.tail
      t.match({ ...read, header: answer.headers['content-digest'] }, { status: 200, bytes: SIZE, digest, header: `sha-256=:${digest}:` })
    })
  })

  await t.test('gives the parts at its end', async t => {
    for (const [range, from, to] of [['bytes=-1000', SIZE - 1000, SIZE - 1], [`bytes=${SIZE - 10}-`, SIZE - 10, SIZE - 1], [`bytes=${SIZE - 600}-${SIZE - 501}`, SIZE - 600, SIZE - 501], [`bytes=${SIZE - 1}-${SIZE + 5}`, SIZE - 1, SIZE - 1]] as const) {
      const answer = await streamTo('GET', `${files}/raw`, { token, headers: { range } })
      t.equal(answer.headers['content-range'], `bytes ${from}-${to}/${SIZE}`)
      const { status, tail: part } = await readThrough(answer)
      t.equal(status, 206)
      t.strictSame(part, tail.subarray(from - SIZE + 1000, to - SIZE + 1001), range)
    }
    const beyond = await streamTo('GET', `${files}/raw`, { token, headers: { range: `bytes=${SIZE}-` } })
    t.equal((await readThrough(beyond)).status, 416)
  })

  await t.test('comes in as a form', async t => {
    const large = flow(SIZE)
    await stays(t, 'form', async () => {
      const { status, tail: body } = await readThrough(await streamTo('POST', files, { token, ...formOf(large, { id: 'form', metadata: '{"as":"form"}' }) }))
      t.equal(status, 201)
      t.match(JSON.parse(body.toString()), { id: 'form', name: 'form.bin', bytes: SIZE, digest: large.digest() })
    })
  })

  await t.test('leaves as part of an archive and comes back', async t => {
    t.equal((await send('DELETE', '/plant/filesets/large/files/form')).status, 204)
    const archive = join(await stateDir(t), 'plant.zip')
    let bytes = 0
    await stays(t, 'export', async () => {
      const answer = await streamTo('GET', `${scans}/plant/archive`, { token })
      t.equal(answer.statusCode, 200)
      bytes = Number(answer.headers['content-length'])
      t.ok(bytes > SIZE)
      await pipeline(answer, createWriteStream(archive))
    })
    await stays(t, 'import', async () => {
      const { status } = await readThrough(await streamTo('POST', `${scans}/again/archive`, { token, type: 'application/zip', bytes, stream: createReadStream(archive) }))
      t.equal(status, 201)
    })
    t.match(await readThrough(await streamTo('GET', `${scans}/again/filesets/large/files/raw`, { token })), { status: 200, bytes: SIZE, digest })
  })
})
