import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import { ZipFile } from 'yazl'
import type { Limits } from '#lib/datasets/archive/directory.js'
import { unpackArchive } from '#lib/datasets/archive/read.js'
import { craft, listing, scan, type Crafted } from './craft.js'
import { openIn } from './open-in.js'
import { documentWorker } from '../../../support/document-worker.js'
import { budgets } from '../../../support/budgets.js'

const limits: Limits = { entries: 50, bytes: 1_000_000, ratio: 100, ratioFrom: 10_000 }
const bounds = { limits, budgets, documentWorker }
const roomy: Limits = { entries: 100_000, bytes: 10 ** 9, ratio: 1000, ratioFrom: 10 ** 8 }

/** All files below a folder with what they hold. */
function filesIn (folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(name => statSync(join(folder, name)).isFile())
  return Object.fromEntries(names.sort().map(name => [name, readFileSync(join(folder, name), 'latin1')]))
}

/** A folder with an archive in it, and beside it the parent of the target. */
function place (t: Test, zip: Buffer): { root: string, zipPath: string, parent: string, target: string } {
  const root = t.testdir({ parent: {} })
  writeFileSync(join(root, 'upload.zip'), zip)
  return { root, zipPath: join(root, 'upload.zip'), parent: join(root, 'parent'), target: join(root, 'parent/scan') }
}

async function refused (t: Test, name: string, zip: Buffer, expected: { code: string, path?: string, message?: string | RegExp }): Promise<void> {
  const { root, zipPath, parent, target } = place(t, zip)
  const { path, message } = expected
  const found = await unpackArchive(zipPath, target, bounds).then(() => ({ code: 'taken' }), (error: unknown) => error)
  t.match(found, { code: expected.code, extras: { errors: [{ ...(path === undefined ? {} : { path }), ...(message === undefined ? {} : { message }) }] } }, name)
  t.strictSame(readdirSync(parent), [], `${name}: nothing is left`)
  t.strictSame(readdirSync(root).sort(), ['parent', 'upload.zip'], `${name}: nothing is elsewhere`)
  t.strictSame(openIn(root), [], `${name}: nothing stays open`)
}

async function taken (t: Test, zip: Buffer, use: Limits = limits): Promise<Record<string, string>> {
  const { zipPath, target } = place(t, zip)
  await unpackArchive(zipPath, target, { ...bounds, limits: use })
  return filesIn(target)
}

const right = { 'files.json': listing('a.jpg'), 'images/a.jpg': 'picture', 'metadata/metadata.json': '{"owner":"ada"}' }
const withEntry = (...entries: Crafted[]): Buffer => craft([...scan(), ...entries])
const changed = (change: Partial<Crafted>, index = 1): Buffer => craft(scan().map((entry, i) => i === index ? { ...entry, ...change } : entry))

t.test('a right archive is unpacked, stored or deflated', async t => {
  t.strictSame(await taken(t, craft(scan())), right)
  t.strictSame(await taken(t, craft(scan().map(entry => ({ ...entry, deflate: true })))), right)
  t.strictSame(await taken(t, craft(scan(), { comment: 'a comment' })), right)
})

t.test('names that lead elsewhere or that nothing may have', async t => {
  const names: Record<string, string> = {
    '../evil.txt': 'has a part that is no name',
    'images/../../evil.txt': 'has a part that is no name',
    'images/..': 'has a part that is no name',
    './../evil.txt': 'has a part that is no name',
    'images/./../../evil.txt': 'has a part that is no name',
    './/etc/evil.txt': 'has an empty part',
    '/./evil.txt': 'is absolute',
    './C:/evil.txt': 'has no place in a scan, or a name that none may have',
    '..': 'has a part that is no name',
    '.DS_Store/../../evil.txt': 'has a part that is no name',
    '__MACOSX/../../evil.txt': 'has a part that is no name',
    '/etc/evil.txt': 'is absolute',
    '/': 'is absolute',
    '..\\evil.txt': 'holds a backslash',
    'images\\b.jpg': 'holds a backslash',
    'C:/evil.txt': 'names a drive',
    'c:evil.txt': 'names a drive',
    'images/b.jpg\0.txt': 'holds a NUL',
    'images//b.jpg': 'has an empty part',
    '': 'has an empty part',
    'images/with space.jpg': 'has no place in a scan, or a name that none may have',
    'images/bücher.jpg': 'has no place in a scan, or a name that none may have',
    'images/a\nb.jpg': 'has no place in a scan, or a name that none may have',
    [`images/${'a'.repeat(221)}`]: 'has no place in a scan, or a name that none may have'
  }
  for (const [name, message] of Object.entries(names)) await refused(t, JSON.stringify(name), withEntry({ name, data: 'x' }), { code: 'archive_invalid', message })
})

t.test('names of entries are told in printable ASCII and cut', async t => {
  await refused(t, 'control and foreign characters', withEntry({ name: 'images/\x1b[31m\u00e9.jpg' }), { code: 'archive_invalid', path: 'images/?[31m??.jpg' })
  await refused(t, 'a long name', withEntry({ name: 'x'.repeat(300) }), { code: 'archive_invalid', path: 'x'.repeat(100) })
})

t.test('entries that are not what an archive of a scan holds', async t => {
  const link = 0o120777
  const cases: Array<[string, Crafted, string]> = [
    ['a symbolic link', { name: 'images/b.jpg', data: '/etc/passwd', mode: link }, 'is neither a file nor a folder'],
    ['a link that is named as a folder', { name: 'b/', mode: link }, 'is neither a file nor a folder'],
    ['a device', { name: 'images/b.jpg', mode: 0o060644 }, 'is neither a file nor a folder'],
    ['a pipe', { name: 'images/b.jpg', mode: 0o010644 }, 'is neither a file nor a folder'],
    ['a socket', { name: 'images/b.jpg', mode: 0o140644 }, 'is neither a file nor a folder'],
    ['a folder that is named as a file', { name: 'b', mode: 0o040755 }, 'is neither a file nor a folder'],
    ['a file that is named as a folder', { name: 'b/', mode: 0o100644 }, 'is neither a file nor a folder'],
    ['a link among the litter', { name: '.DS_Store', data: '/etc/passwd', mode: link }, 'is neither a file nor a folder'],
    ['an encrypted entry', { name: 'images/b.jpg', data: 'x', flags: 1, packed: 13, tail: Buffer.alloc(12) }, 'is encrypted'],
    ['an encrypted directory', { name: 'images/b.jpg', data: 'x', flags: 0x2000 }, 'is encrypted'],
    ['another method', { name: 'images/b.jpg', data: 'x', method: 12 }, 'is neither stored nor deflated'],
    ['a folder with content', { name: 'b/', data: 'x' }, 'is a folder with content']
  ]
  for (const [name, entry, message] of cases) await refused(t, name, withEntry(entry), { code: 'archive_invalid', path: String(entry.name), message })
  await refused(t, 'strong encryption', withEntry({ name: 'images/b.jpg', data: 'x', flags: 0x41 }), { code: 'archive_invalid', message: 'strong encryption is not supported' })
})

t.test('two entries of one path, and files that are folders', async t => {
  await refused(t, 'a file twice', withEntry({ name: 'images/a.jpg', data: 'other' }), { code: 'archive_invalid', path: 'images/a.jpg', message: 'is there twice' })
  await refused(t, 'a folder twice', withEntry({ name: 'images/' }, { name: 'images/' }), { code: 'archive_invalid', path: 'images/', message: 'is there twice' })
  await refused(t, 'file and folder', withEntry({ name: 'b', data: 'x' }, { name: 'b/' }), { code: 'archive_invalid', path: 'b', message: 'is a file and a folder' })
  await refused(t, 'file and folder of another', withEntry({ name: 'b/c', data: 'x' }, { name: 'b', data: 'x' }), { code: 'archive_invalid', path: 'b', message: 'is a file and a folder' })
})

t.test('what is deeper than the layout, or lies where other things belong', async t => {
  for (const name of ['images/deep/b.jpg', 'images/deep/', 'metadata/images/deep/b.json', 'metadata/images/deep/', 'files.json/', 'b.json/c', 'scan.toml/c', 'metadata/images.json/x.json']) {
    await refused(t, name, withEntry({ name, data: '' }), { code: 'archive_invalid', path: name, message: 'has no place in a scan, or a name that none may have' })
  }
})

t.test('too much', async t => {
  const many = Array.from({ length: 48 }, (_, i) => ({ name: `images/${i}.jpg` }))
  await refused(t, 'too many entries', withEntry(...many), { code: 'archive_too_large', message: 'It has too many entries.' })
  t.equal(Object.keys(await taken(t, withEntry(...many.slice(1)))).length, 50, 'as many as may be')
  await refused(t, 'too many entries, by their count', craft(scan(), { count: 60_000 }), { code: 'archive_too_large' })
  await refused(t, 'too large by its statement', changed({ size: 2_000_000, deflate: true }), { code: 'archive_too_large', message: 'It has too many bytes when unpacked.' })
  await refused(t, 'too large together', withEntry(...[1, 2, 3].map(i => ({ name: `images/${i}.jpg`, data: Buffer.alloc(400_000) }))), { code: 'archive_too_large' })
  await refused(t, '1000:1', changed({ data: Buffer.alloc(900_000), deflate: true }), { code: 'archive_too_large', message: 'It is packed too tightly.' })
  await refused(t, 'a statement without any data', changed({ size: 20_000, packed: 0, method: 8, data: '' }), { code: 'archive_too_large' })
  t.equal((await taken(t, changed({ data: Buffer.alloc(9_000), deflate: true })))['images/a.jpg']!.length, 9_000, 'small ones may be packed tightly')
})

t.test('a JSON document beyond what is read as a whole', async t => {
  const { zipPath, target } = place(t, changed({ size: 20_000_000, deflate: true }, 2))
  await t.rejects(unpackArchive(zipPath, target, { ...bounds, limits: roomy }), { code: 'archive_too_large', extras: { errors: [{ path: 'metadata/metadata.json' }] } })
})

t.test('bytes that are not those that were stated', async t => {
  const deflated = { data: 'picture'.repeat(50), deflate: true }
  const cases: Array<[string, Partial<Crafted>, string]> = [
    ['more than stated', { ...deflated, size: 100 }, 'has more bytes than it states'],
    ['fewer than stated', { ...deflated, size: 500 }, 'has fewer bytes than it states'],
    ['a bomb that says it is small', { data: Buffer.alloc(5_000_000), deflate: true, size: 100 }, 'has more bytes than it states'],
    ['a wrong checksum', { crc: 1 }, 'does not have the checksum that it states'],
    ['a wrong checksum, deflated', { ...deflated, crc: 1 }, 'does not have the checksum that it states'],
    ['bytes after the end', { ...deflated, tail: Buffer.alloc(10) }, 'has bytes after its end'],
    ['packed bytes that are cut', { ...deflated, packed: 5 }, 'is damaged'],
    ['no deflated data', { method: 8, data: '' }, 'is damaged'],
    ['data that were never deflated', { method: 8 }, 'is damaged']
  ]
  for (const [name, change, message] of cases) await refused(t, name, changed(change), { code: 'archive_invalid', path: 'images/a.jpg', message })
  // Node tells it as a stream that was cut off, or not at all, from one version to another.
  await refused(t, 'many bytes after the end', changed({ ...deflated, tail: Buffer.alloc(500_000, 1) }), { code: 'archive_invalid', path: 'images/a.jpg', message: /is damaged|has bytes after its end/ })
  await refused(t, 'stored with another size', changed({ size: 8 }), { code: 'archive_invalid', message: /size mismatch for stored file/ })
})

t.test('entries that share data', async t => {
  const kernel = { name: 'images/a.jpg', data: 'picture'.repeat(20), deflate: true }
  const at = 30 + 'files.json'.length + listing('a.jpg').length
  await refused(t, 'two names of the same data', craft([scan()[0]!, kernel, { ...kernel, name: 'images/b.jpg', offset: at }, scan()[2]!]), { code: 'archive_invalid', message: 'shares data with another entry' })

  const inner = craft([{ name: 'images/b.jpg', data: 'x' }]).subarray(0, 30 + 12 + 1)
  const quoting = [scan()[0]!, { name: 'images/a.jpg', data: inner }, scan()[2]!, { name: 'images/b.jpg', data: 'x', offset: at + 30 + 'images/a.jpg'.length }]
  await refused(t, 'an entry in the data of another', craft(quoting), { code: 'archive_invalid', path: 'images/b.jpg', message: 'shares data with another entry' })

  const zip = craft(scan())
  zip.writeUInt32LE(zip.readUInt32LE(zip.length - 6) - 5, zip.length - 6)
  await refused(t, 'a directory in the data', zip, { code: 'archive_invalid' })
})

t.test('what is broken or no ZIP', async t => {
  const good = craft(scan())
  const cases: Record<string, Buffer> = {
    nothing: Buffer.alloc(0),
    text: Buffer.from('not a ZIP at all'),
    zeros: Buffer.alloc(100_000),
    'trailing garbage': Buffer.concat([good, Buffer.from('garbage')]),
    'leading garbage': Buffer.concat([Buffer.from('garbage'), good]),
    'garbage before the end record': Buffer.concat([good.subarray(0, -22), Buffer.from('garbage'), good.subarray(-22)]),
    'two archives': Buffer.concat([good, good]),
    'fewer entries stated than there are': craft(scan(), { count: 2 }),
    'more entries stated than there are': craft(scan(), { count: 4 }),
    'a directory beyond the end': craft(scan(), { directoryOffset: 0x7fffffff }),
    'a local header beyond the end': changed({ offset: 0x7fffffff }),
    'a local header elsewhere': changed({ offset: 3 }),
    'data beyond the end': changed({ deflate: true, packed: 0x7fffffff, size: 10 })
  }
  for (const [name, zip] of Object.entries(cases)) await refused(t, name, zip, { code: 'archive_invalid' })
  for (let length = 1; length < good.length; length += 7) await refused(t, `cut to ${length} bytes`, good.subarray(0, length), { code: 'archive_invalid' })
})

/** Every byte is damaged, or every so many of them. */
const DAMAGED = Number(process.env.DAMAGED_EVERY ?? 3)

t.test('a damaged byte never brings down more than the archive', async t => {
  const good = craft(scan().map(entry => ({ ...entry, deflate: true })))
  const outcomes = new Set<unknown>()
  for (let at = 0; at < good.length; at += DAMAGED) {
    const zip = Buffer.from(good)
    zip[at]! ^= 0xff
    const { zipPath, target, parent } = place(t, zip)
    const outcome = await unpackArchive(zipPath, target, bounds).then(() => 'taken', (error: { code?: unknown }) => error.code)
    outcomes.add(outcome)
    t.equal(readdirSync(parent).length, outcome === 'taken' ? 1 : 0, `byte ${at}: ${String(outcome)}`)
  }
  t.strictSame([...outcomes].sort(), ['archive_invalid', 'archive_too_large', 'taken'])
})

/** ZIP64 end records (APPNOTE 4.3.14, 4.3.15) in front of the end record of a crafted archive. */
function zip64 (change: { recordOffset?: bigint, directoryOffset?: bigint, count?: bigint }): Buffer {
  const zip = craft(scan())
  const record = Buffer.alloc(56)
  record.writeUInt32LE(0x06064b50)
  record.writeBigUInt64LE(44n, 4)
  record.writeBigUInt64LE(change.count ?? 3n, 32)
  record.writeBigUInt64LE(change.directoryOffset ?? BigInt(zip.readUInt32LE(zip.length - 6)), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50)
  locator.writeBigUInt64LE(change.recordOffset ?? BigInt(zip.length - 22), 8)
  return Buffer.concat([zip.subarray(0, -22), record, locator, zip.subarray(-22)])
}

t.test('ZIP64 with places that no number can hold', async t => {
  t.strictSame(await taken(t, zip64({})), right)
  for (const far of [10n ** 6n, 2n ** 53n, 2n ** 60n, 2n ** 64n - 1n]) {
    await refused(t, `the record at ${far}`, zip64({ recordOffset: far }), { code: 'archive_invalid' })
    await refused(t, `the directory at ${far}`, zip64({ directoryOffset: far }), { code: 'archive_invalid' })
    await refused(t, `${far} entries`, zip64({ count: far }), { code: 'archive_too_large' })
  }
})

t.test('what a scan needs', async t => {
  await refused(t, 'no files.json', craft(scan().slice(1)), { code: 'archive_invalid', path: 'files.json', message: 'is missing' })
  await refused(t, 'no metadata', craft(scan().slice(0, 2)), { code: 'archive_invalid', path: 'metadata/', message: 'is missing' })
  await refused(t, 'metadata that is a file', craft([...scan().slice(0, 2), { name: 'metadata', data: '{}' }]), { code: 'archive_invalid', path: 'metadata/', message: 'is missing' })
  await refused(t, 'no entries', craft([]), { code: 'archive_invalid', path: 'files.json' })
  await refused(t, 'a listed file is missing', craft([scan()[0]!, scan()[2]!]), { code: 'archive_invalid', path: 'files.json', message: '/filesets/0/files/0 lists a file that is not there' })
  t.strictSame(await taken(t, craft([...scan().slice(0, 2), { name: 'metadata/' }])), { 'files.json': right['files.json'], 'images/a.jpg': 'picture' })
})

t.test('files.json that is not right', async t => {
  const filesets = (...sets: unknown[]): string => JSON.stringify({ filesets: sets })
  const files = (...list: unknown[]): string => filesets({ id: 'images', files: list })
  const a = { id: 'a', file: 'a.jpg' }
  const cases: Array<[string, string]> = [
    ['', 'is no JSON'], ['{"filesets":[', 'is no JSON'], ['null', 'is no JSON object'], ['[]', 'is no JSON object'], ['"x"', 'is no JSON object'],
    ['{}', 'It has no list of filesets'], ['{"filesets":{}}', 'It has no list of filesets'],
    [filesets(1), '/filesets/0 is no object'], [filesets(null), '/filesets/0 is no object'],
    [filesets({ files: [] }), '/filesets/0 has no right id'], [filesets({ id: '../x', files: [] }), '/filesets/0 has no right id'],
    [filesets({ id: 'metadata', files: [] }), '/filesets/0 has no right id'], [filesets({ id: 'webcache', files: [] }), '/filesets/0 has no right id'], [filesets({ id: 'x.json', files: [] }), '/filesets/0 has no right id'],
    [filesets({ id: 1, files: [] }), '/filesets/0 has no right id'],
    [filesets({ id: 'images' }), '/filesets/0 has no list of files'],
    [filesets({ id: 'images', files: [a] }, { id: 'images', files: [a] }), '/filesets/1 has the id of another one'],
    [files('x'), '/filesets/0/files/0 is no object'],
    [files({ file: 'a.jpg' }), '/filesets/0/files/0 has no right id'], [files({ id: '', file: 'a.jpg' }), '/filesets/0/files/0 has no right id'], [files({ id: 'a/b', file: 'a.jpg' }), '/filesets/0/files/0 has no right id'],
    [files({ id: 'a' }), '/filesets/0/files/0 has no right file'], [files({ id: 'a', file: null }), '/filesets/0/files/0 has no right file'], [files({ id: 'a', file: '../files.json' }), '/filesets/0/files/0 has no right file'],
    [files(a, { id: 'a', file: 'b.jpg' }), '/filesets/0/files/1 has the id of another one'], [files(a, { id: 'b', file: 'a.jpg' }), '/filesets/0/files/1 has the file of another one'],
    [files(a, { id: 'c', file: 'c.jpg' }), '/filesets/0/files/1 lists a file that is not there']
  ]
  for (const [data, message] of cases) await refused(t, data, changed({ data }, 0), { code: 'archive_invalid', path: 'files.json', message })

  const taking = filesets({ id: 'images', files: [a] }, { id: 'other', files: [] })
  for (const name of ['other', 'metadata/other']) {
    await refused(t, `a file ${name} where a fileset belongs`, craft([{ name: 'files.json', data: taking }, ...scan().slice(1), { name, data: 'x' }]), { code: 'archive_invalid', message: '/filesets/1 lists a fileset whose place a file takes' })
  }
})

t.test('a fileset without files has its folder, and members that are not known are let be', async t => {
  const { zipPath, target } = place(t, changed({ data: '{"filesets":[{"id":"none","files":[],"more":1}],"version":2}' }, 0))
  await unpackArchive(zipPath, target, bounds)
  t.ok(statSync(join(target, 'none')).isDirectory())
})

t.test('metadata that is no JSON object', async t => {
  for (const name of ['metadata/metadata.json', 'metadata/images.json', 'metadata/images/a.json']) {
    for (const [data, message] of [['{', 'is no JSON'], ['[]', 'is no JSON object'], ['null', 'is no JSON object'], ['', 'is no JSON']] as const) {
      await refused(t, `${name} ${data.slice(0, 20)}`, craft([...scan().slice(0, 2), { name, data }]), { code: 'archive_invalid', path: name, message })
    }
  }
  const ofPython = `{"a":${'['.repeat(150)}NaN${']'.repeat(150)}}`
  t.equal((await taken(t, craft([...scan().slice(0, 2), { name: 'metadata/images/a.json', data: ofPython }])))['metadata/images/a.json'], ofPython, 'what the service shows of a folder it takes from an archive')
  t.equal((await taken(t, withEntry({ name: 'metadata/notes.txt', data: 'no JSON' })))['metadata/notes.txt'], 'no JSON')
})

t.test('caches and litter are skipped', async t => {
  const litter = ['webcache/', 'webcache/x.jpeg', '.DS_Store', 'images/.DS_Store', '.git/config', '__MACOSX/', '__MACOSX/images/._a.jpg', '__MACOSX/._bücher.jpg', 'images/.part/deeper/x'].map(name => ({ name }))
  t.strictSame(await taken(t, withEntry(...litter)), right)
})

t.test('a common top folder is stripped', async t => {
  const within = (entries: Crafted[]): Crafted[] => entries.map(entry => ({ ...entry, name: `top/${String(entry.name)}` }))
  t.strictSame(await taken(t, craft([{ name: 'top/' }, ...within(scan()), { name: 'top/webcache/x.jpeg' }, { name: '__MACOSX/top/._files.json' }])), right)
  await refused(t, 'another one beside it', craft([...within(scan()), { name: 'b/x' }]), { code: 'archive_invalid', path: 'files.json', message: 'is missing' })
  await refused(t, 'two of them', craft(within(within(scan()))), { code: 'archive_invalid' })
  await refused(t, 'a name that none may have', craft(scan().map(entry => ({ ...entry, name: `my scan/${String(entry.name)}` }))), { code: 'archive_invalid', path: 'my scan' })
  await refused(t, 'deep in it', craft(within([...scan(), { name: 'images/deep/b.jpg' }])), { code: 'archive_invalid', path: 'top/images/deep/b.jpg' })
  const both = [...within(scan()), ...scan()]
  await refused(t, 'with files.json at the root too', craft(both), { code: 'archive_invalid', path: 'top/images/a.jpg' })
})

t.test('a part that is a point is passed over', async t => {
  const named = (rename: (name: string) => string): Crafted[] => scan().map(entry => ({ ...entry, name: rename(String(entry.name)) }))
  for (const rename of [name => `./${name}`, name => `././${name}`, name => name.replace('/', '/./'), name => `./top/./${name}`, name => `top/./${name}`] as Array<(name: string) => string>) {
    t.strictSame(await taken(t, craft(named(rename))), right, rename('images/a.jpg'))
  }
  const folders = ['./', '.', './images/', 'metadata/.'].map(name => ({ name }))
  t.strictSame(await taken(t, craft([...folders, ...named(name => `./${name}`)])), right, 'folders, too')
  t.strictSame(await taken(t, craft([{ name: './' }, { name: './top/' }, ...named(name => `./top/${name}`), { name: './.DS_Store' }])), right)
  for (const name of ['./images/a.jpg', 'images/./a.jpg', './images/././a.jpg']) {
    await refused(t, `${name} beside images/a.jpg`, withEntry({ name, data: 'other' }), { code: 'archive_invalid', path: name, message: 'is there twice' })
  }
  await refused(t, 'a folder twice', withEntry({ name: 'images/' }, { name: './images/./' }), { code: 'archive_invalid', path: './images/./', message: 'is there twice' })
  await refused(t, 'content of the folder itself', withEntry({ name: '.', data: 'x' }), { code: 'archive_invalid', path: '.', message: 'is a folder with content' })
})

t.test('ZIP64 and data descriptors are read', async t => {
  const zip = new ZipFile()
  for (const { name, data } of scan()) zip.addBuffer(Buffer.from(data as string), String(name), { forceZip64Format: true })
  zip.end({ forceZip64Format: true, comment: '' })
  t.strictSame(await taken(t, await buffer(zip.outputStream)), right)
})

t.test('what the program zip packs is read', { skip: !existsSync('/usr/bin/zip') && 'it is not installed' }, async t => {
  const folder = t.testdir({ scan: { 'files.json': right['files.json'], images: { 'a.jpg': 'picture' }, metadata: { 'metadata.json': '{"owner":"ada"}' } } })
  execFileSync('zip', ['-qr', 'top.zip', 'scan'], { cwd: folder })
  execFileSync('zip', ['-qr', '../flat.zip', '.'], { cwd: join(folder, 'scan') })
  execFileSync('zip', ['-qrD', '-fz', '../streamed.zip', '.'], { cwd: join(folder, 'scan') })
  for (const name of ['top.zip', 'flat.zip', 'streamed.zip']) {
    const zip = readFileSync(join(folder, name))
    await t.test(name, async t => t.strictSame(await taken(t, zip), right))
  }
})

t.test('a signal stops it and nothing is left', async t => {
  const entries = Array.from({ length: 40 }, (_, i) => ({ name: `images/${i}.jpg`, data: Buffer.alloc(20_000, i) }))
  const stopped = new Error('the client has gone')
  const atOnce = (abort: AbortController): void => abort.abort(stopped)
  const onceItWrites = (abort: AbortController, target: string): void => { existsSync(target) ? abort.abort(stopped) : setImmediate(onceItWrites, abort, target) }
  for (const stop of [atOnce, onceItWrites]) {
    const { zipPath, target, parent } = place(t, withEntry(...entries))
    const abort = new AbortController()
    stop(abort, target)
    await t.rejects(unpackArchive(zipPath, target, bounds, { signal: abort.signal }), stopped)
    t.strictSame(readdirSync(parent), [])
    t.strictSame(openIn(parent), [])
  }
})

t.test('a target that is there already is not touched', async t => {
  const { zipPath, target } = place(t, craft(scan()))
  mkdirSync(target)
  writeFileSync(join(target, 'mine'), 'x')
  await t.rejects(unpackArchive(zipPath, target, bounds), { code: 'EEXIST' })
  t.strictSame(filesIn(target), { mine: 'x' })
})

t.test('no space left, and other failures of the disk', async t => {
  for (const [code, problem] of [['ENOSPC', 'storage_full'], ['EIO', 'storage_unavailable']] as const) {
    const { zipPath, target, parent } = place(t, craft(scan()))
    const probe = await open(zipPath)
    t.intercept(Object.getPrototypeOf(probe) as typeof probe, 'sync', { value: async () => { throw Object.assign(new Error(code), { code, syscall: 'fsync' }) } })
    await t.rejects(unpackArchive(zipPath, target, bounds), { code: problem })
    await probe.close()
    t.strictSame(readdirSync(parent), [])
  }
})
