import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { startLab, type Lab } from '../support/datasets.js'
import { askingMeanwhile } from '../support/liveness.js'

/** As other tools leave it: what is stored is not what the service would take. */
async function leave (root: string, scan: string, metadata: object): Promise<void> {
  await mkdir(join(root, scan, 'metadata', 'images'), { recursive: true })
  await mkdir(join(root, scan, 'images'))
  await writeFile(join(root, scan, 'images', 'a.txt'), '')
  await writeFile(join(root, scan, 'files.json'), JSON.stringify({ filesets: [{ id: 'images', files: [{ id: 'a', file: 'a.txt' }] }] }))
  for (const path of ['metadata', 'images', 'images/a']) await writeFile(join(root, scan, 'metadata', `${path}.json`), JSON.stringify(metadata))
}

const TEXT = 'a'.repeat(200_000)
/** Fewer instructions than are refused, each of which is tried at every character. */
const SLOW = '[^b]*?(?:a{1,20}){20}c'

const slow = { x: SLOW }
const lists = { list: Array.from({ length: 800 }, () => ({ a: 1 })) }

const asks = (query: object): string[] => {
  const text = encodeURIComponent(JSON.stringify(query))
  return [
    `/v1/scans?fuzzy=true&query=${text}`,
    `/scans?fuzzy=true&filterQuery=${text}`,
    `/scans_info?fuzzy=true&filterQuery=${text}`,
    `/scan/plant/filesets?fuzzy=true&query=${text}`,
    `/fileset/plant/images/files?fuzzy=true&query=${text}`
  ]
}

async function heavy (t: Test, env: Record<string, string>): Promise<Lab> {
  return await startLab(t, { METADATA_MAX_BYTES: '67108864', METADATA_MAX_VALUES: '10000000', GUEST_ACCESS: 'read', ...env }, root => leave(root, 'plant', { x: TEXT, note: 'an ash', list: [...Array<number>(100_000).fill(0), { a: 1 }] }))
}

t.test('a query that takes too long is refused, and keeps nobody from being answered', async t => {
  const lab = await heavy(t, { QUERY_TIMEOUT: '1' })
  for (const url of [...asks(slow), asks(lists)[0]!]) {
    const { result, lasted, longest } = await askingMeanwhile(lab, () => lab.call('GET', url))
    t.match(result, { status: 422, body: { code: 'too_expensive', message: /QUERY_TIMEOUT/ } }, url.slice(0, 40))
    t.ok(longest < lasted / 2, 'others were answered meanwhile')
  }
})

t.test('patterns have a bound together, which is named', async t => {
  const lab = await heavy(t, {})
  for (const query of [{ x: '[^b]*?(?:a{1,31}){31}c' }, { a: 'a{600}', b: ['b{600}'] }]) {
    for (const url of asks(query)) {
      const { status, body } = await lab.call('GET', url)
      t.match({ status, body }, { status: 400, body: { code: 'invalid_request', errors: [{ path: '/querystring/query', message: /1000 instructions/ }] } }, url.slice(0, 40))
    }
  }
})

t.test('a list of plain values is looked up in a long one', async t => {
  const numbers = Array.from({ length: 100_000 }, (_, i) => i)
  const { call } = await startLab(t, { METADATA_MAX_BYTES: '67108864', METADATA_MAX_VALUES: '10000000', GUEST_ACCESS: 'read', QUERY_TIMEOUT: '60' }, root => leave(root, 'plant', { list: [...numbers, 'a', null, true] }))
  const ids = async (query: object) => (await call('GET', `/scans?filterQuery=${encodeURIComponent(JSON.stringify(query))}`)).body
  t.strictSame(await ids({ list: ['a', null, true, ...numbers.slice(-1200)] }), ['plant'])
  for (const item of ['b', false, 100_000, '1', [1]]) t.strictSame(await ids({ list: [1, item] }), [], JSON.stringify(item))
})
