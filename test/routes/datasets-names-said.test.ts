import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { everythingOfUsers, filePart, multipart, startLab, type Lab, type Part } from '../support/datasets.js'

/** Names as they stand in a body, a query or a form. */
const outside = [
  '..', '.', '../outside', '../../outside', './plant', '/etc/passwd', '/', 'plant/../../outside', 'plant/', 'a/b', '\0', 'a\0b', 'a\0.jpg', '..\\outside', 'a\\b', '\\\\host\\share', 'C:\\windows',
  'a'.repeat(201), '', ' ', ' a', 'a ', 'a\n', 'a\r\nb', 'a\tb', '．．', '‥', '․․', 'a／b', '..∕outside', '..⁄outside', 'ﬁle', 'plänt', 'plа', 'a\u202eb', '😀', '.hidden', '.guardcell', '.', 'a:b', 'a*', 'a?b', '%2e%2e', '~', '$HOME', '`id`', 'a;b', '"a"', '<a>'
]
const reservedScans = ['users.json', 'groups.json', 'romidb', '.guardcell']
const reservedFilesets = ['metadata', 'webcache', 'files.json', 'measures.json', 'scan.toml', 'pipeline.toml', 'x.json', 'images.json']
const noExtensions = ['..', '.', '../x', '/etc', 'a/b', '\\', 'tar.gz', '..jpg', '', ' ', 'jpg ', 'j\0g', 'ｊｐｇ', '．jpg', 'a'.repeat(17), 'jpg\n', '%2e']

async function guarded (t: Test): Promise<{ lab: Lab, before: Record<string, string>, unchanged: (t: Test) => Promise<unknown> }> {
  const lab = await startLab(t, {}, async root => {
    await mkdir(join(dirname(root), 'outside'))
    for (const name of ['users.json', 'groups.json', 'romidb']) await writeFile(join(root, name), '{}')
  })
  await lab.createFiles('plant', { 'leaf.jpg': 'a leaf' })
  for (const name of ['measures.json', 'scan.toml', 'pipeline.toml']) await writeFile(join(lab.root, 'plant', name), '{}')
  const before = await everythingOfUsers(dirname(lab.root))
  return { lab, before, unchanged: async t => t.strictSame(await everythingOfUsers(dirname(lab.root)), before, 'nothing was made, changed or removed') }
}

const FILES = '/v1/scans/plant/filesets/images/files'

t.test('no scan and no fileset is created under a name that leads out or belongs to something else', async t => {
  const { lab: { send }, unchanged } = await guarded(t)
  for (const id of [...outside, ...reservedScans, null, 7, ['a'], {}]) {
    t.match(await send('POST', '/v1/scans', { id }), { status: 400, body: { code: 'invalid_request' } }, `scan ${JSON.stringify(id)?.slice(0, 40)}`)
  }
  for (const id of [...outside, ...reservedFilesets, null, 7, ['a'], {}]) {
    t.match(await send('POST', '/v1/scans/plant/filesets', { id }), { status: 400, body: { code: 'invalid_request' } }, `fileset ${JSON.stringify(id)?.slice(0, 40)}`)
  }
  await unchanged(t)
})

t.test('no file is created under an id or extension of the query that leads out', async t => {
  const { lab: { upload, send }, unchanged } = await guarded(t)
  const form = multipart(filePart('fine.txt', 'fine'))
  for (const id of outside) {
    const url = `${FILES}?id=${encodeURIComponent(id)}&ext=txt`
    t.match(await upload(url, 'x'), { status: 400, body: { code: 'invalid_request' } }, `raw ${JSON.stringify(id).slice(0, 40)}`)
    t.match(await send('POST', url, form.body, form.headers), { status: 400, body: { code: 'invalid_request' } }, `form ${JSON.stringify(id).slice(0, 40)}`)
  }
  for (const ext of noExtensions) {
    t.match(await upload(`${FILES}?id=fine&ext=${encodeURIComponent(ext)}`, 'x'), { status: 400, body: { code: 'invalid_request' } }, `ext ${JSON.stringify(ext)}`)
  }
  for (const query of ['id=a&id=b', 'id[]=a', 'fileset=..&id=a', 'scan=other&id=a', 'path=..%2fx&id=a']) {
    t.match(await upload(`${FILES}?${query}`, 'x'), { status: 400, body: { code: 'invalid_request' } }, query)
  }
  await unchanged(t)
})

t.test('no file is created under an id or extension of a form that leads out, wherever the field stands', async t => {
  const { lab: { send }, unchanged } = await guarded(t)
  const attempt = async (...parts: Part[]) => {
    const { body, headers } = multipart(...parts)
    return await send('POST', FILES, body, headers)
  }
  const file = filePart('fine.txt', 'fine')
  for (const id of [...outside]) {
    for (const parts of [[file, { name: 'id', value: id }], [{ name: 'id', value: id }, file]]) {
      t.match(await attempt(...parts), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(id).slice(0, 40))
    }
  }
  for (const ext of noExtensions) {
    t.match(await attempt(file, { name: 'id', value: 'fine' }, { name: 'ext', value: ext }), { status: 400, body: { code: 'invalid_request' } }, `ext ${JSON.stringify(ext)}`)
  }
  await unchanged(t)
})

t.test('no file is created under a file name that is none', async t => {
  const { lab: { send }, unchanged } = await guarded(t)
  const bad = ['..', '.', '../', '/', '..\\', '\\', '...', '.hidden', '.jpg', '../.jpg', '', 'a b.jpg', '．．', 'a／b.jpg', '‥', 'ﬁle.jpg', 'plänt.jpg', '%2e%2e%2fx', '..%2fx.jpg', `${'a'.repeat(201)}.jpg`, 'a'.repeat(300), 'a;b.jpg', 'a\0.jpg']
  for (const filename of bad) {
    const { body, headers } = multipart(filePart(filename, 'x'))
    t.match(await send('POST', FILES, body, headers), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(filename).slice(0, 40))
  }
  await unchanged(t)
})

t.test('of a file name with folders only its last part counts (RFC 7578 section 4.2)', async t => {
  const { lab: { send, root }, before } = await guarded(t)
  const names = ['../../one.txt', '/etc/two.txt', '..\\..\\three.txt', 'C:\\fake\\four.txt', '../outside/five.txt', '../../metadata/metadata.json']
  for (const filename of names) {
    const { body, headers } = multipart(filePart(filename, 'x'))
    t.equal((await send('POST', FILES, body, headers)).status, 201, filename)
  }
  const after = await everythingOfUsers(dirname(root))
  const added = Object.keys(after).filter(path => !(path in before)).sort()
  t.strictSame(added, ['five.txt', 'four.txt', 'metadata.json', 'one.txt', 'three.txt', 'two.txt'].map(name => `datasets/plant/images/${name}`))
  const changed = Object.keys(before).filter(path => after[path] !== before[path])
  t.strictSame(changed, ['datasets/plant/files.json'], 'and nothing else was changed')
})

t.test('names beside the data, of owners and groups, lead nowhere either', async t => {
  const { lab: { send }, unchanged } = await guarded(t)
  for (const name of ['../outside', '..', '/etc/passwd', 'a\0b', '．．', 'a'.repeat(201), '', '__proto__', 'constructor']) {
    t.match((await send('PUT', '/v1/scans/plant/owner', { owner: name })).status, /^(400|422)$/, `owner ${name}`)
    t.match((await send('PUT', '/v1/scans/plant/sharing', { groups: [name], visibility: 'shared' })).status, /^(400|422)$/, `group ${name}`)
    t.match((await send('POST', '/v1/scans', { id: 'other', sharing: [name] })).status, /^(400|422)$/, `sharing ${name}`)
  }
  await unchanged(t)
})
