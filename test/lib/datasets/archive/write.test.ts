import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync, truncateSync, appendFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { setTimeout as wait } from 'node:timers/promises'
import t from 'tap'
import { fromBufferPromise, type Entry } from 'yauzl'
import { archiveOf } from '#lib/datasets/archive/write.js'
import { listing } from './craft.js'
import { openIn } from './open-in.js'
import { documentWorker } from '../../../support/document-worker.js'

const put = (folder: string, files: Record<string, string | Buffer>): void => {
  for (const [path, data] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), data)
  }
}

const small = { 'files.json': listing('a.jpg'), 'images/a.jpg': 'picture', 'metadata/metadata.json': '{}' }

const entriesOf = async (zip: Buffer): Promise<Entry[]> => {
  const entries: Entry[] = []
  for await (const entry of (await fromBufferPromise(zip)).eachEntry()) entries.push(entry)
  return entries
}

const archived = async (folder: string): Promise<Buffer> => {
  const { stream, size } = await archiveOf(documentWorker, folder)
  const zip = await buffer(stream)
  t.equal(zip.length, size, 'the length is foretold to the byte')
  return zip
}

/** Whether everything gets closed and stays so: a file may still be about to be opened. */
const closed = async (folder: string): Promise<boolean> => {
  for (let looks = 0, quiet = 0; looks < 500; looks++) {
    quiet = openIn(folder).length === 0 ? quiet + 1 : 0
    if (quiet === 5) return true
    await wait(20)
  }
  return false
}

/** Waits for what takes a moment. */
const until = async (isSo: () => boolean): Promise<void> => {
  for (let looks = 0; looks < 500 && !isSo(); looks++) await wait(20)
}

/** Waits until bytes of a large file have come: it was opened and looked at, and nobody takes more of it now. */
const flows = (stream: Readable): Promise<void> => {
  stream.read(0)
  return until(() => stream.readableLength > 10_000)
}

t.test('the layout of PlantDB is in it, files.json first, and nothing else', async t => {
  const folder = t.testdir()
  const inside = ['files.json', 'a.json', 'images/a.jpg', 'images/b.jpg', 'measures.json', 'metadata/images.json', 'metadata/images/a.json', 'metadata/metadata.json', 'scan.toml']
  const outside = ['webcache/x.jpeg', '.hidden', 'images/.part', 'images/deeper/c.jpg', 'metadata/images/deeper/a.json', 'images/with space.jpg', '.tmp/x', 'metadata/images.json.d/.x', 'fs.json/x', 'metadata/x.json/y.json']
  put(folder, Object.fromEntries([...inside, ...outside].map(path => [path, path])))
  put(folder, { 'files.json': listing('a.jpg', 'b.jpg') })
  symlinkSync('/etc/passwd', join(folder, 'images/link.jpg'))
  symlinkSync('/etc', join(folder, 'etc'))
  mkdirSync(join(folder, 'empty'))
  utimesSync(join(folder, 'images/a.jpg'), 1_600_000_000, 1_600_000_000)

  const entries = await entriesOf(await archived(folder))
  t.strictSame(entries.map(e => e.fileName), ['files.json', 'a.json', 'empty/', 'images/a.jpg', 'images/b.jpg', 'measures.json', 'metadata/images.json', 'metadata/images.json.d/', 'metadata/images/a.json', 'metadata/metadata.json', 'scan.toml'])
  t.equal(entries[3]!.getLastModDate().getTime(), 1_600_000_000_000, 'the time of the last change is kept')
  t.ok(entries.every(e => e.compressionMethod === 0), 'nothing is compressed')
})

t.test('unzip finds it right', { skip: !existsSync('/usr/bin/unzip') && 'it is not installed' }, async t => {
  const folder = t.testdir({ 'x.zip': '' })
  put(join(folder, 'scan'), { ...small, 'images/empty.jpg': '', 'images/large.jpg': Buffer.alloc(300_000, 1) })
  writeFileSync(join(folder, 'x.zip'), await archived(join(folder, 'scan')))
  t.match(execFileSync('unzip', ['-t', join(folder, 'x.zip')], { encoding: 'utf8' }), 'No errors detected')
})

t.test('the length is right with a large directory', async t => {
  const folder = t.testdir()
  put(folder, { 'metadata/metadata.json': '{}' })
  const files: string[] = []
  for (const count of [500, 550, 600, 650, 700, 800, 1200]) {
    const more = Array.from({ length: count - files.length }, (_, i) => `file-${String(files.length + i).padStart(6, '0')}.jpg`)
    files.push(...more)
    put(folder, { 'files.json': listing(...files), ...Object.fromEntries(more.map(file => [`images/${file}`, 'x'])) })
    t.equal((await entriesOf(await archived(folder))).length, count + 2)
  }
})

t.test('a scan without metadata has the folder of them', async t => {
  const folder = t.testdir({ 'files.json': '{"filesets":[]}', metadata: {} })
  t.strictSame((await entriesOf(await archived(folder))).map(e => e.fileName), ['files.json', 'metadata/'])
})

t.test('the listing is that which was read, and what it lists must be there', async t => {
  const folder = t.testdir()
  put(folder, small)
  const { stream } = await archiveOf(documentWorker, folder)
  put(folder, { 'files.json': listing('a.jpg', 'later.jpg'), 'images/later.jpg': 'later' })
  const zip = await buffer(stream)
  t.ok(zip.includes(small['files.json']))
  t.notOk(zip.includes('later'))

  rmSync(join(folder, 'images/a.jpg'))
  await t.rejects(archiveOf(documentWorker, folder), { code: 'scan_busy', extras: { retryAfter: 1 } })
  rmSync(join(folder, 'files.json'))
  await t.rejects(archiveOf(documentWorker, folder), { code: 'scan_not_found' })
  symlinkSync('/etc/hostname', join(folder, 'files.json'))
  await t.rejects(archiveOf(documentWorker, folder), { code: 'scan_not_found' }, 'no symbolic link is followed')
})

t.test('a change that comes in between is waited for', async t => {
  const folder = t.testdir()
  put(folder, { ...small, 'files.json': listing('a.jpg', 'b.jpg') })
  const asked = archiveOf(documentWorker, folder)
  await wait(20)
  put(folder, { 'images/b.jpg': 'there after all' })
  const { stream } = await asked
  t.ok((await buffer(stream)).includes('there after all'))
})

t.test('files that PlantDB has only announced are not waited for', async t => {
  const folder = t.testdir()
  put(folder, { ...small, 'files.json': '{"filesets":[{"id":"images","files":[{"id":"b","file":null},{"id":"a","file":"a.jpg"}]},{"id":"../x","files":[{"id":"c","file":"c"}]},{"id":"none"}]}' })
  t.equal((await entriesOf(await archived(folder))).length, 3)
  put(folder, { 'files.json': 'no json' })
  await t.rejects(archiveOf(documentWorker, folder), { message: 'files.json of a stored scan is no JSON' })
})

t.test('a file that vanishes or changes its size before its turn ends the stream with an error', async t => {
  const changes: Record<string, (path: string) => void> = {
    vanishes: path => rmSync(path),
    shrinks: path => truncateSync(path, 3),
    grows: path => appendFileSync(path, 'x'),
    'becomes a link': path => { rmSync(path); symlinkSync('/etc/passwd', path) }
  }
  for (const [name, change] of Object.entries(changes)) {
    const folder = t.testdir()
    put(folder, { ...small, 'files.json': listing('a.jpg', 'z.jpg'), 'images/a.jpg': Buffer.alloc(500_000), 'images/z.jpg': Buffer.alloc(500_000, 2) })
    const { stream } = await archiveOf(documentWorker, folder)
    change(join(folder, 'images/z.jpg'))
    await t.rejects(buffer(stream), name)
    t.ok(await closed(folder), `${name}: nothing stays open`)
  }
})

t.test('a file that changes its size while it is read ends the stream with an error', async t => {
  for (const [name, change] of [['shrinks', (path: string) => truncateSync(path, 400_000)], ['grows', (path: string) => appendFileSync(path, 'x')]] as const) {
    const folder = t.testdir()
    put(folder, { ...small, 'images/a.jpg': Buffer.alloc(5_000_000) })
    const { stream } = await archiveOf(documentWorker, folder)
    await flows(stream)
    t.equal(openIn(folder).length, 1)
    change(join(folder, 'images/a.jpg'))
    await t.rejects(buffer(stream), { message: 'images/a.jpg has changed while it was archived' }, name)
    t.ok(await closed(folder))
  }
})

t.test('nothing is open before anybody reads', async t => {
  const folder = t.testdir()
  put(folder, small)
  const { stream } = await archiveOf(documentWorker, folder)
  await wait(50)
  t.strictSame(openIn(folder), [])
  rmSync(join(folder, 'images/a.jpg'))
  await t.rejects(buffer(stream), { code: 'ENOENT' })
})

t.test('a destroyed stream closes what is open, whenever it is destroyed', async t => {
  const folder = t.testdir()
  put(folder, { ...small, 'images/a.jpg': Buffer.alloc(5_000_000) })
  const moments: Array<(stream: NodeJS.ReadableStream) => Promise<unknown>> = [
    async () => {},
    async () => wait(1),
    async () => wait(50),
    async stream => new Promise(resolve => stream.once('data', resolve))
  ]
  for (const moment of moments) {
    const { stream } = await archiveOf(documentWorker, folder)
    await moment(stream)
    stream.destroy()
    t.ok(await closed(folder))
  }
  const { stream } = await archiveOf(documentWorker, folder)
  await flows(stream)
  t.equal(openIn(folder).length, 1, 'one file is open at a time')
  stream.destroy()
  t.ok(await closed(folder))
})

t.test('a scan of very many empty filesets is archived like any other', async t => {
  const folder = t.testdir()
  const ids = Array.from({ length: 12_000 }, (_, i) => `set-${i}`)
  put(folder, { 'files.json': JSON.stringify({ filesets: ids.map(id => ({ id, files: [] })) }), 'metadata/metadata.json': '{}' })
  for (const id of ids) mkdirSync(join(folder, id))
  t.equal((await entriesOf(await archived(folder))).length, 12_002)
})
