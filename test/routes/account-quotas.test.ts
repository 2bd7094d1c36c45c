import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { craft } from '../lib/datasets/archive/craft.js'
import { multipart, startLab, unfinished, writeScan, type Lab } from '../support/datasets.js'
import { begin, listen } from '../support/raw-http.js'

const zip = { 'content-type': 'application/zip' }
const archiveOf = (metadata: object): Buffer => craft([
  { name: 'files.json', data: '{"filesets":[{"id":"images","files":[{"id":"a","file":"a.txt"}]}]}' },
  { name: 'images/a.txt', data: 'a' },
  { name: 'metadata/metadata.json', data: JSON.stringify(metadata), deflate: true },
  { name: 'metadata/images/a.json', data: JSON.stringify({ text: 'y'.repeat(80_000) }), deflate: true }
])
const zipForm = (metadata: object) => multipart({ name: 'zip_file', value: archiveOf(metadata), filename: 'a.zip', type: 'application/zip' })

/** Whoever calls, as `Lab.send` does it. */
const as = ({ call }: Lab, token: string) => (method: string, url: string, body?: unknown, headers: Record<string, string> = {}) =>
  call(method, url, { token, headers, ...(body === undefined ? {} : { body }) })

const over = (setting: string) => ({ status: 507, body: { code: 'quota_exceeded', errors: [{ message: new RegExp(setting) }] } })

/** Bytes of the metadata of all scans in the folder. */
async function metadataIn (root: string): Promise<number> {
  const names = await readdir(root, { recursive: true })
  const texts = await Promise.all(names.filter(name => /^[^.][^/]*\/metadata\/metadata\.json$/.test(name)).map(async name => (await readFile(join(root, name))).length))
  return texts.reduce((sum, length) => sum + length, 0)
}

/** Gives up after a while. */
async function waitWhile (isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 800 && await isSo(); tries++) await new Promise(resolve => setTimeout(resolve, 25))
}

t.test('an account owns as many scans as it may, however they come, and no more when all come at once', async t => {
  const lab = await startLab(t, { ACCOUNT_MAX_SCANS: '5' })
  const eve = as(lab, await lab.join('eve'))
  const ways = (id: string) => [
    () => eve('POST', '/v1/scans', { id }),
    () => eve('POST', `/scan/${id}`, {}),
    () => eve('POST', '/api/scan', { name: id }),
    () => eve('POST', `/v1/scans/${id}/archive`, archiveOf({}), zip),
    () => eve('POST', `/archive/${id}`, zipForm({}).body, zipForm({}).headers)
  ]
  const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => ways(`scan-${i}`)[i % 5]!()))
  t.equal(answers.filter(({ status }) => status < 300).length, 5)
  t.equal(answers.filter(({ status }) => status === 507).length, 15)
  t.equal((await readdir(lab.root)).filter(name => !name.startsWith('.')).length, 5)
  for (const way of ways('more')) t.match(await way(), { ...over('ACCOUNT_MAX_SCANS'), body: { errors: [{ message: /5 scans .*; 5 are used, and 1 more/ }] } })
  t.match((await eve('GET', '/v1/users/me/usage')).body, { scans: { used: 5, most: 5 }, uploads: { used: 0, most: 200 } })
  t.strictSame(await unfinished(lab.root), [])

  const one = answers.findIndex(({ status }) => status < 300)
  t.equal((await lab.send('DELETE', `/v1/scans/scan-${one}`)).status, 204)
  t.equal((await eve('POST', '/v1/scans', { id: 'more' })).status, 201, 'what is removed makes room')
  t.equal((await lab.send('POST', '/v1/scans', { id: 'of-the-admin' })).status, 201, 'others are not concerned')
  t.match(await lab.send('PUT', '/v1/scans/of-the-admin/owner', { owner: 'eve' }), over('ACCOUNT_MAX_SCANS'), 'nobody is given more than they may have')
  t.match((await lab.send('GET', '/v1/scans/of-the-admin')).body, { owner: 'admin' })
  const { id } = (await lab.send('GET', '/v1/users')).body.items.find(({ username }: { username: string }) => username === 'eve')
  t.match((await lab.send('GET', `/v1/users/${id}/usage`)).body, { scans: { used: 5 } })
  t.equal((await eve('GET', `/v1/users/${id}/usage`)).status, 403)
})

t.test('what was refused or has failed takes no room', async t => {
  const lab = await startLab(t, { ACCOUNT_MAX_SCANS: '2', ACCOUNT_MAX_METADATA: '100000' })
  const eve = as(lab, await lab.join('eve'))
  await eve('POST', '/v1/scans', { id: 'plant' })
  for (let i = 0; i < 3; i++) {
    t.equal((await eve('POST', '/v1/scans', { id: 'plant', metadata: { text: 'x'.repeat(60_000) } })).status, 409)
    t.equal((await eve('POST', '/v1/scans/bad/archive', Buffer.from('no ZIP'), zip)).status, 400)
    t.equal((await eve('PATCH', '/v1/scans/plant/metadata', { text: 'x'.repeat(60_000) }, { 'if-match': '"other"' })).status, 412)
  }
  t.equal((await eve('PATCH', '/v1/scans/plant/metadata', { text: 'x'.repeat(60_000) })).status, 200)
  t.equal((await eve('POST', '/v1/scans', { id: 'second' })).status, 201)
})

t.test('an account has as many bytes of metadata as it may, wherever they are', async t => {
  const lab = await startLab(t, { ACCOUNT_MAX_METADATA: '100000' }, root => writeScan(root, 'of-nobody', {}))
  const eve = as(lab, await lab.join('eve'))
  const usage = async () => (await eve('GET', '/v1/users/me/usage')).body.metadata
  const large = { text: 'x'.repeat(60_000) }
  await eve('POST', '/v1/scans', { id: 'plant', metadata: large })
  await eve('POST', '/v1/scans/plant/filesets', { id: 'images' })
  await eve('POST', '/v1/scans/plant/filesets/images/files?id=leaf', Buffer.from('a leaf'), { 'content-type': 'application/octet-stream' })
  const refused = async (): Promise<void> => {
    for (const [method, url, body, headers] of [
      ['POST', '/v1/scans', { id: 'more', metadata: large }], ['POST', '/scan/more', { metadata: large }],
      ['POST', '/v1/scans/more/archive', archiveOf(large), zip], ['POST', '/archive/more', zipForm(large).body, zipForm(large).headers],
      ['PATCH', '/v1/scans/plant/metadata', { more: large }], ['PUT', '/v1/scans/plant/metadata', { ...large, more: large }],
      ['POST', '/scan/plant/metadata', { metadata: { more: large } }]
    ] as Array<[string, string, unknown, Record<string, string>?]>) t.match(await eve(method, url, body, headers), over('ACCOUNT_MAX_METADATA'), `${method} ${url}`)
  }
  const before = await usage()
  await refused()
  t.strictSame(await unfinished(lab.root), [])
  t.strictSame(await usage(), before)
  t.equal(before.used, await metadataIn(lab.root) - (await readFile(join(lab.root, 'of-nobody/metadata/metadata.json'))).length, 'no byte more or less is counted')
  t.notMatch((await as(lab, await lab.join('other'))('PATCH', '/v1/scans/plant/metadata', { more: large })).body.errors[0].message, /used/, 'others are not told how much it is')

  t.equal((await eve('PATCH', '/v1/scans/plant/filesets/images/files/leaf/metadata', { ...large, more: large })).status, 200, 'those of files are not held in memory')
  t.strictSame(await usage(), before)
  t.equal((await eve('PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'private' })).status, 200)
  t.equal((await lab.send('POST', '/v1/scans', { id: 'heavy', metadata: large })).status, 201)
  t.match(await lab.send('PUT', '/v1/scans/heavy/owner', { owner: 'eve' }), over('ACCOUNT_MAX_METADATA'))
  t.equal((await eve('PATCH', '/v1/scans/plant/metadata', { text: null })).status, 200, 'what is made smaller makes room')
  t.equal((await lab.send('PUT', '/v1/scans/heavy/owner', { owner: 'eve' })).status, 200)
  t.match((await lab.send('GET', '/v1/users/me/usage')).body, { scans: { used: 0 }, metadata: { used: 0 } })
  t.equal((await usage()).used, await metadataIn(lab.root) - (await readFile(join(lab.root, 'of-nobody/metadata/metadata.json'))).length)

  t.equal((await eve('PATCH', '/v1/scans/of-nobody/metadata', large)).status, 200)
  t.match(await eve('PATCH', '/v1/scans/of-nobody/metadata', { more: large }), over('ACCOUNT_MAX_METADATA'), 'scans of nobody have a bound together')
})

t.test('metadata that grow in many places at once stay within the bound, also those that the service wrote in an earlier run', async t => {
  const lab = await startLab(t, { ACCOUNT_MAX_METADATA: '100000' }, async root => {
    for (let i = 0; i < 30; i++) await writeScan(root, `scan-${i}`, { owner: 'eve' })
  })
  const eve = as(lab, await lab.join('eve'))
  const answers = await Promise.all(Array.from({ length: 60 }, (_, i) => eve('PATCH', `/v1/scans/scan-${i % 30}/metadata`, { [`text-${i}`]: 'x'.repeat(9000) })))
  t.equal(answers.filter(({ status }) => status === 200).length, 10)
  t.ok(answers.every(({ status }) => [200, 507].includes(status)))
  t.equal((await eve('GET', '/v1/users/me/usage')).body.metadata.used, await metadataIn(lab.root))
})

t.test('an account has as many unfinished uploads as it may, and others are not kept from theirs', async t => {
  const lab = await startLab(t, { ACCOUNT_MAX_UPLOADS: '2' })
  await lab.createFiles('plant', {})
  const token = await lab.join('eve')
  const port = await listen(lab.app)
  const upload = (id: number, body: string) => begin(port, `POST /v1/scans/plant/filesets/images/files?id=f${id} HTTP/1.1\nHost: localhost\nAuthorization: Bearer ${token}\nContent-Type: text/plain\nContent-Length: 100\n\n`, body)
  const sockets = [await upload(0, 'x'), await upload(1, 'x')]
  await waitWhile(async () => (await as(lab, token)('GET', '/v1/users/me/usage')).body.uploads.used < 2)
  const octets = { 'content-type': 'application/octet-stream' }
  for (const [method, url, body, headers] of [
    ['POST', '/v1/scans/plant/filesets/images/files?id=more', Buffer.from('x'), octets],
    ['POST', '/v1/scans/more/archive', archiveOf({}), zip],
    ['POST', '/archive/more', zipForm({}).body, zipForm({}).headers],
    ['POST', '/files/plant', Buffer.from('{}'), { ...octets, 'x-file-path': 'measures.json' }]
  ] as const) {
    t.match(await as(lab, token)(method, url, body, headers), { status: 429, headers: { 'retry-after': '5' }, body: { code: 'too_many_uploads', errors: [{ message: /2 unfinished uploads .*ACCOUNT_MAX_UPLOADS.*2 are under way/ }] } }, url)
  }
  t.equal((await lab.upload('/v1/scans/plant/filesets/images/files?id=other', 'x')).status, 201)
  for (const socket of sockets) socket.on('error', () => {}).destroy()
  await waitWhile(async () => (await as(lab, token)('GET', '/v1/users/me/usage')).body.uploads.used > 0)
  t.equal((await as(lab, token)('POST', '/v1/scans/plant/filesets/images/files?id=more', Buffer.from('x'), octets)).status, 201)
})

t.test('0 is no bound', async t => {
  const lab = await startLab(t, { ACCOUNT_MAX_SCANS: '0', ACCOUNT_MAX_METADATA: '0', ACCOUNT_MAX_UPLOADS: '0' })
  await lab.createFiles('plant', { 'a.txt': 'a' })
  t.match((await lab.send('GET', '/v1/users/me/usage')).body, { scans: { used: 1, most: null }, metadata: { most: null }, uploads: { most: null } })
})
