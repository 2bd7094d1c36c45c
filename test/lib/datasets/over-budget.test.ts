import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { everythingOfUsers, startLab } from '../../support/datasets.js'
import { plain, text } from './plantdb-folder.js'

/** Documents that are over the budget, each of another scan. */
const large: Record<string, { path: string, data: string }> = {
  'scan-bytes': { path: 'metadata/metadata.json', data: text({ owner: 'ada', visibility: 'public', text: 'x'.repeat(70_000) }) },
  'scan-values': { path: 'metadata/metadata.json', data: JSON.stringify({ owner: 'ada', list: new Array(1000).fill({}) }) },
  fileset: { path: 'metadata/images.json', data: JSON.stringify({ list: new Array(1000).fill({}) }) },
  file: { path: 'metadata/images/a.json', data: text({ text: 'x'.repeat(70_000) }) },
  listing: { path: 'files.json', data: JSON.stringify({ filesets: [], more: new Array(5000).fill(0) }) }
}

const env = { METADATA_MAX_BYTES: '65536', METADATA_MAX_VALUES: '1000', FILES_JSON_MAX_VALUES: '5000' }

const prepare = async (root: string): Promise<void> => {
  for (const scan of ['whole', ...Object.keys(large)]) await plain(root, scan)
  for (const [scan, { path, data }] of Object.entries(large)) await writeFile(join(root, scan, path), data)
}

t.test('of a folder with documents over the budget everything else is served', async t => {
  const { call, send, admin, join: signUp, bytes } = await startLab(t, { ...env, GUEST_ACCESS: 'read' }, prepare)
  const ada = await signUp('ada')
  const ids = async (token: string | undefined): Promise<string[]> => (await call('GET', '/v1/scans', token === undefined ? {} : { token })).body.items.map(({ id }: { id: string }) => id)
  t.strictSame(await ids(admin), ['file', 'fileset', 'scan-bytes', 'scan-values', 'whole'])
  for (const token of [ada, undefined]) t.strictSame(await ids(token), ['file', 'fileset', 'whole'], 'a scan that nobody knows the owner of is for admins')

  for (const [url, setting] of [['scan-bytes', 'METADATA_MAX_BYTES'], ['scan-values', 'METADATA_MAX_VALUES'], ['fileset/filesets/images', 'METADATA_MAX_VALUES'], ['file/filesets/images/files/a', 'METADATA_MAX_BYTES']]) {
    const refused = { status: 409, body: { code: 'metadata_over_budget', errors: [{ message: new RegExp(setting!) }] } }
    t.match(await send('GET', `/v1/scans/${url}/metadata`), refused, `GET ${url}`)
    for (const method of ['PUT', 'PATCH']) t.match(await send(method, `/v1/scans/${url}/metadata`, { a: 1 }), refused, `${method} ${url}`)
  }
  for (const scan of ['scan-bytes', 'scan-values', 'fileset', 'file']) {
    t.equal((await bytes(`/v1/scans/${scan}/filesets/images/files/a`)).data.toString(), 'the first', scan)
    t.equal((await send('GET', `/v1/scans/${scan}/archive`)).status, 200)
    t.equal((await send('GET', `/scan/${scan}`)).status, 200)
    t.match(await send('GET', `/v1/scans/${scan}/filesets/images/files/b`), { status: 200 })
  }
  t.equal((await send('GET', '/scans_info')).status, 200)
  t.equal((await send('GET', '/v1/scans/listing')).status, 404)
})

t.test('the doctor names what is over the budget, says the bound, and leaves it alone', async t => {
  const { app, root, send } = await startLab(t, env, prepare)
  const found = await app.datasets.doctor.examine()
  t.strictSame(found.map(({ scan, path }) => path.slice(scan.length + 1)).sort(), Object.values(large).map(({ path }) => path).sort())
  t.ok(found.every(({ remedy, reason }) => remedy === undefined && /(METADATA|FILES_JSON)_MAX_(BYTES|VALUES) \(\d+ (bytes|values)\)/.test(reason)))
  const before = await everythingOfUsers(root)
  t.strictSame(await app.datasets.doctor.mend(), [])
  t.strictSame(await everythingOfUsers(root), before)
  t.match((await send('POST', '/v1/scans/listing/filesets', { id: 'more' })).status, 404)
})
