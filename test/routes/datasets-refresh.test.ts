import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { startLab } from '../support/datasets.js'

/** A scan as another tool leaves it in the folder. */
async function leave (root: string, id: string, { files = ['leaf.txt'], metadata = {} }: { files?: string[], metadata?: object } = {}): Promise<void> {
  for (const folder of ['images', 'metadata/images']) await mkdir(join(root, id, folder), { recursive: true })
  for (const file of files) await writeFile(join(root, id, 'images', file), `content of ${file}`)
  await writeFile(join(root, id, 'metadata', 'metadata.json'), JSON.stringify(metadata))
  await writeFile(join(root, id, 'files.json'), JSON.stringify({ filesets: [{ id: 'images', files: files.map(file => ({ id: file.split('.')[0], file })) }] }))
}

t.test('what other tools have changed in the folder shows after a refresh', async t => {
  const { send, bytes, root, createFiles } = await startLab(t, {}, root => leave(root, 'first'))
  t.strictSame((await send('GET', '/v1/scans')).body.items.map(({ id }: { id: string }) => id), ['first'], 'what was there before the start is served')
  t.match((await send('GET', '/v1/scans/first')).body, { owner: null, visibility: 'shared', files: 1 })
  await createFiles('ours', { 'leaf.txt': 'a leaf' })

  await leave(root, 'second', { files: ['a.txt', 'b.txt'], metadata: { owner: 'ada', species: 'Oak' } })
  await leave(root, 'first', { files: ['leaf.txt', 'bud.txt'], metadata: { species: 'Ash' } })
  await appendFile(join(root, 'ours', 'images', 'leaf.txt'), ' and more')
  const refreshed = await send('POST', '/v1/datasets/refresh')
  t.equal(refreshed.status, 200)
  t.strictSame(refreshed.body, { scans: 3, faults: [] })
  t.match((await send('GET', '/v1/scans/second')).body, { owner: 'ada', files: 2 })
  t.match((await send('GET', '/v1/scans/first')).body, { files: 2 })
  t.strictSame((await send('GET', `/v1/scans?query=${encodeURIComponent('{"species":"Ash"}')}`)).body.items.map(({ id }: { id: string }) => id), ['first'])
  const changed = await bytes('/v1/scans/ours/filesets/images/files/leaf')
  t.equal(changed.data.toString(), 'a leaf and more')
  t.equal((await send('GET', '/v1/scans/ours/filesets/images/files/leaf/info')).body.digest, String(changed.headers['content-digest']).slice(9, -1), 'the digest is that of what is there now')

  await rm(join(root, 'first'), { recursive: true })
  await rename(join(root, 'second'), join(root, 'renamed'))
  t.strictSame((await send('POST', '/v1/datasets/refresh')).body, { scans: 2, faults: [] })
  t.strictSame((await send('GET', '/v1/scans')).body.items.map(({ id }: { id: string }) => id), ['ours', 'renamed'])
  t.match(await send('GET', '/v1/scans/first'), { status: 404, body: { code: 'scan_not_found' } })
})

t.test('what cannot be used is reported with the reason, and all else is served', async t => {
  const { send, bytes, root } = await startLab(t)
  await leave(root, 'fine')
  await leave(root, 'bad name')
  await leave(root, 'no-listing')
  await rm(join(root, 'no-listing', 'files.json'))
  for (const [id, text] of [['no-json', '{'], ['empty', ''], ['no-list', '{}']] as const) {
    await leave(root, id)
    await writeFile(join(root, id, 'files.json'), text)
  }
  await leave(root, 'bad-metadata')
  await writeFile(join(root, 'bad-metadata', 'metadata', 'metadata.json'), '[')
  await leave(root, 'partly', { files: ['leaf.txt', 'gone.txt'] })
  await rm(join(root, 'partly', 'images', 'gone.txt'))
  await symlink('/etc', join(root, 'link'))
  await mkdir(join(root, '.hidden'))
  await writeFile(join(root, 'users.json'), '{}')

  const { status, body } = await send('POST', '/v1/datasets/refresh')
  t.equal(status, 200)
  t.equal(body.scans, 2)
  const at = (path: string) => body.faults.filter((fault: { path: string }) => fault.path.startsWith(path))
  for (const path of ['bad name', 'no-listing', 'no-json', 'empty', 'no-list', 'bad-metadata', 'link', 'partly/images/gone.txt']) {
    t.equal(at(path).length, path === 'no-list' ? 2 : 1, path)
    t.match(at(path)[0].reason, /\w+ \w+/)
  }
  t.notOk(JSON.stringify(body).includes(root), 'no path of the machine is told')
  t.strictSame(at('.hidden'), [])
  t.strictSame(at('users.json'), [])
  t.strictSame((await send('GET', '/v1/scans')).body.items.map(({ id }: { id: string }) => id), ['fine', 'partly'])
  t.equal((await bytes('/v1/scans/partly/filesets/images/files/leaf')).data.toString(), 'content of leaf.txt')
  t.match(await send('GET', '/v1/scans/partly/filesets/images/files/gone'), { status: 404, body: { code: 'file_not_found' } })
  for (const id of ['no-listing', 'no-json', 'bad-metadata', 'link']) {
    t.match(await send('GET', `/v1/scans/${id}`), { status: 404, body: { code: 'scan_not_found' } }, id)
    t.match(await send('POST', '/v1/scans', { id }), { status: 409, body: { code: 'scan_exists' } }, `${id} is not overwritten`)
  }

  await rm(join(root, 'no-json'), { recursive: true })
  await leave(root, 'no-json')
  t.equal((await send('POST', '/v1/datasets/refresh')).body.scans, 3, 'what was mended is served')
})

t.test('a refresh beside writes loses none of them', async t => {
  const { send, createScan, upload } = await startLab(t)
  await createScan('plant')
  await send('POST', '/v1/scans/plant/filesets', { id: 'images' })
  const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => i % 4 === 0
    ? send('POST', '/v1/datasets/refresh')
    : upload(`/v1/scans/plant/filesets/images/files?id=file-${i}`, `${i}`)))
  t.ok(answers.every(({ status }, i) => status === (i % 4 === 0 ? 200 : 201)))
  t.equal((await send('GET', '/v1/scans/plant')).body.files, 30)
  t.equal((await send('GET', '/v1/scans/plant/filesets/images/files?limit=500')).body.items.length, 30)
  t.strictSame((await send('POST', '/v1/datasets/refresh')).body, { scans: 1, faults: [] })
  t.equal((await send('GET', '/v1/scans/plant')).body.files, 30)
})

t.test('only admins have the folder read again', async t => {
  const { call, login, join } = await startLab(t, { GUEST_ACCESS: 'read' })
  const [contributor, reader] = [await join('ada'), await join('grace', 'reader')]
  for (const token of [contributor, reader]) t.match(await call('POST', '/v1/datasets/refresh', { token }), { status: 403, body: { code: 'insufficient_scope' } })
  t.match(await call('POST', '/v1/datasets/refresh'), { status: 401, body: { code: 'authentication_required' } })
  const { access_token: narrow } = await login('admin', undefined, { scope: 'datasets:read datasets:write' })
  t.match(await call('POST', '/v1/datasets/refresh', { token: narrow }), { status: 403, body: { code: 'insufficient_scope' } }, 'nor with a token that is for less')
})
