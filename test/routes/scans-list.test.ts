import t, { type Test } from 'tap'
import { startLab, type Lab } from '../support/datasets.js'

const list = async ({ send }: Lab, query: Record<string, string | object>) =>
  await send('GET', `/v1/scans?${Object.entries(query).map(([key, value]) => `${key}=${encodeURIComponent(typeof value === 'string' ? value : JSON.stringify(value))}`).join('&')}`)
const idsOf = (body: { items: Array<{ id: string }> }): string[] => body.items.map(({ id }) => id)

/** All pages of a list. @param between is done before each page but the first */
async function all (lab: Lab, query: Record<string, string | object>, between: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const found: string[] = []
  for (let cursor: string | null = ''; cursor !== null;) {
    if (cursor !== '') await between()
    const { status, body }: { status: number, body: any } = await list(lab, { ...query, ...(cursor === '' ? {} : { cursor }) })
    if (status !== 200 || found.length > 200) throw new Error(`${status} ${JSON.stringify(body)}`)
    found.push(...idsOf(body))
    cursor = body.next
  }
  return found
}

const garden = {
  oak: { object: { species: 'Quercus robur', plant_id: 'A1', tags: ['tree', 'green'] }, n: 1, rows: [{ x: 1, y: 2 }, { x: 3, y: 4 }], note: 'oaks are old', ok: true, none: null },
  ash: { object: { species: 'Fraxinus excelsior', plant_id: 'A2', tags: ['tree'] }, n: 2, rows: [{ x: 1, y: 4 }], note: 'an ash', ok: false },
  thale: { object: { species: 'Arabidopsis thaliana', plant_id: 'B1', tags: [] }, n: 1, note: 'a weed (a+b)' }
}

async function planted (t: Test): Promise<Lab> {
  const lab = await startLab(t)
  for (const [id, metadata] of Object.entries(garden)) await lab.createScan(id, { metadata })
  return lab
}

t.test('a query finds the scans whose metadata hold it', async t => {
  const lab = await planted(t)
  const cases: Array<[query: object, expected: string[]]> = [
    [{}, ['ash', 'oak', 'thale']],
    [{ n: 1 }, ['oak', 'thale']],
    [{ n: 1, ok: true }, ['oak']],
    [{ n: '1' }, []],
    [{ ok: 1 }, []],
    [{ none: null }, ['oak']],
    [{ missing: null }, []],
    [{ object: {} }, ['ash', 'oak', 'thale']],
    [{ object: { plant_id: 'A2' } }, ['ash']],
    [{ object: { plant_id: 'A2', species: 'Quercus robur' } }, []],
    [{ object: { plant_id: 'A' } }, []],
    [{ object: { plant_id: { deep: 1 } } }, []],
    [{ object: { tags: ['tree'] } }, ['ash', 'oak']],
    [{ object: { tags: ['green', 'tree'] } }, ['oak']],
    [{ object: { tags: [] } }, ['ash', 'oak', 'thale']],
    [{ object: { tags: 'tree' } }, []],
    [{ rows: [{ x: 1 }] }, ['ash', 'oak']],
    [{ rows: [{ x: 1, y: 4 }] }, ['ash']],
    [{ rows: [{ x: 1 }, { y: 4 }] }, ['ash', 'oak']],
    [{ owner: 'admin', n: 2 }, ['ash']],
    [{ toString: {} }, []],
    [{ constructor: { name: 'Object' } }, []]
  ]
  for (const [query, expected] of cases) t.strictSame(idsOf((await list(lab, { query })).body), expected, JSON.stringify(query))
  t.strictSame(idsOf((await list(lab, { query: '{"__proto__":{}}' })).body), [])
})

t.test('with fuzzy, texts are patterns that a value begins with; without, or with fuzzy=false, they are not', async t => {
  const lab = await planted(t)
  const cases: Array<[pattern: string, expected: string[]]> = [
    ['oak', ['oak']], ['a', ['ash', 'thale']], ['an? (ash|weed)', ['ash', 'thale']], ['.*old$', ['oak']], ['ash', []], ['', ['ash', 'oak', 'thale']], ['A', []], ['(?i)A', ['ash', 'thale']],
    ['a weed \\(a\\+b\\)', ['thale']], ['a weed (a+b)', []], ['[no]', ['oak']], ['^oaks', ['oak']]
  ]
  for (const [note, expected] of cases) t.strictSame(idsOf((await list(lab, { query: { note }, fuzzy: 'true' })).body), expected, note)
  t.strictSame(idsOf((await list(lab, { query: { object: { species: '[QF]', tags: ['tr'] } }, fuzzy: 'true' })).body), ['ash', 'oak'], 'also further down')
  t.strictSame(idsOf((await list(lab, { query: { n: 1, note: 'o' }, fuzzy: 'true' })).body), ['oak'], 'numbers are no patterns')
  for (const more of [{}, { fuzzy: 'false' }] as Array<Record<string, string>>) {
    t.strictSame(idsOf((await list(lab, { query: { note: 'a' }, ...more })).body), [])
    t.strictSame(idsOf((await list(lab, { query: { note: 'an ash' }, ...more })).body), ['ash'])
  }
})

t.test('a query that is none, and a pattern that is none, are refused, whether there is something to look through or not', async t => {
  let deep: object = {}
  for (let i = 0; i < 1000; i++) deep = { a: deep }
  for (const lab of [await planted(t), await startLab(t)]) {
    for (const query of ['', '[]', '"a"', 'null', '7', '{', '{a:1}', 'nonsense', JSON.stringify(deep), JSON.stringify({ a: 'x'.repeat(9000) })]) {
      t.match(await list(lab, { query }), { status: 400, body: { code: 'invalid_request' } }, query.slice(0, 30))
    }
    for (const note of ['(', '[', '*', 'a{2,1}', '(?<', '\\', 'a**', '(?=look)', '(a)\\1', 'a{1001}{1001}', 'x'.repeat(5000)]) {
      t.match(await list(lab, { query: { note }, fuzzy: 'true' }), { status: 400, body: { code: 'invalid_request' } }, note.slice(0, 30))
    }
    for (const fuzzy of ['maybe', '2', 'yes']) t.match(await list(lab, { query: {}, fuzzy }), { status: 400, body: { code: 'invalid_request' } }, fuzzy)
  }
})

t.test('no pattern keeps the service from answering', async t => {
  const lab = await startLab(t)
  await lab.createScan('plant', { metadata: { note: `${'a'.repeat(5000)}!` } })
  const began = performance.now()
  for (const note of ['(a+)+$', '(a|a)*$', '(a*)*b', '(.*)*x', '([a-z]+)*[0-9]', '(a?){50}a{50}$', '(x+x+)+y']) {
    const { status, body } = await list(lab, { query: { note }, fuzzy: 'true' })
    t.equal(status, 200)
    t.strictSame(idsOf(body), [], note)
  }
  t.ok(performance.now() - began < 60_000, 'any of them would take longer than the universe is old')
})

t.test('scans are sorted by each key, both ways', async t => {
  const lab = await startLab(t)
  const sizes: Record<string, number> = { d: 30, a: 10, c: 20, b: 10 }
  for (const [id, size] of Object.entries(sizes)) {
    await lab.createFiles(id, { 'x.txt': 'x'.repeat(size) })
    lab.clock.advance(10)
  }
  // The last writes come in another order than the first.
  for (const id of ['a', 'd', 'b', 'c']) {
    lab.clock.advance(100)
    t.equal((await lab.send('PATCH', `/v1/scans/${id}/metadata`, { seen: true })).status, 200)
  }
  const expected = { id: 'abcd', created: 'dacb', last_modified: 'adbc', bytes: 'abcd' }
  for (const [sort, order] of Object.entries(expected)) {
    t.strictSame(idsOf((await list(lab, { sort })).body), [...order], sort)
    t.strictSame(idsOf((await list(lab, { sort: `-${sort}` })).body), [...order].reverse(), `-${sort}`)
    for (const limit of ['1', '2', '3']) t.strictSame(await all(lab, { sort: `-${sort}`, limit }), [...order].reverse(), `-${sort} in pages of ${limit}`)
  }
  t.strictSame(idsOf((await list(lab, {})).body), [...'abcd'], 'by id unless something else is said')
  for (const sort of ['', 'owner', '--id', 'ID', 'id,bytes', '+id']) t.match(await list(lab, { sort }), { status: 400, body: { code: 'invalid_request' } }, sort)
})
