import fc from 'fast-check'
import t from 'tap'
import { findFairly, type Look, type Shared } from '#lib/datasets/queries/fair.js'
import { Problem } from '#lib/errors.js'

interface Item { owner: string | null, bytes: number, cost: number, fits: boolean }

const held = new WeakMap<Uint8Array, Item>()

/** A thread whose time is counted, not measured: each document says what it takes. */
const look: Look = async (documents, within) => {
  const items = documents.map(document => held.get(document)!)
  const took = items.reduce((sum, { cost }) => sum + cost, 0)
  if (took > within) throw new Problem('too_expensive')
  return { fits: Uint8Array.from(items, ({ fits }) => fits ? 1 : 0), took }
}

const documentOf = (item: Item): Uint8Array => {
  const document = Buffer.allocUnsafe(item.bytes)
  held.set(document, item)
  return document
}
const sharedOf = (items: Item[], own?: string, most = Infinity): Shared<Item> =>
  ({ items, documentOf, most, ownerOf: ({ owner }) => owner, sizeOf: ({ bytes }) => bytes, own })

const TIME = 2000
const item = (owner: string | null, cost: number, more: Partial<Item> = {}): Item => ({ owner, cost, bytes: 1000, fits: true, ...more })
const times = (count: number, of: Item): Item[] => Array.from({ length: count }, () => ({ ...of }))

t.test('the scans of one owner cost the answer to others nothing but their own', async t => {
  const honest = [...times(40, item('ada', 5)), ...times(10, item('bob', 10)), ...times(3, item(null, 10))]
  for (const [name, hostile] of Object.entries({
    'ninety large ones': times(90, item('eve', 30, { bytes: 2 ** 20 })),
    'one that never ends': [item('eve', 1e9)],
    'thousands of small ones': times(4000, item('eve', 1))
  })) {
    for (const items of [[...hostile, ...honest], [...honest, ...hostile]]) {
      for (const own of ['ada', 'cleo', undefined]) {
        const { found, leftOut } = await findFairly(sharedOf(items, own), look, TIME)
        t.strictSame(leftOut, ['eve'], name)
        t.strictSame(found.filter(({ owner }) => owner !== 'eve'), honest, name)
      }
      await t.rejects(findFairly(sharedOf(items, 'eve'), look, TIME), { code: 'too_expensive' }, 'who stores it is told')
    }
  }
})

t.test('where the time suffices, nobody is left out, and enough is enough', async t => {
  const items = [...times(100, item('eve', 5)), ...times(100, item('ada', 5))]
  t.strictSame(await findFairly(sharedOf(items), look, TIME), { found: items, leftOut: [] })
  const many = times(10_000, item('eve', 0.1))
  t.strictSame(await findFairly(sharedOf(many, undefined, 3), look, TIME), { found: many.slice(0, 3), leftOut: [] })
  t.strictSame(await findFairly(sharedOf([]), look, TIME), { found: [], leftOut: [] })
})

t.test('a query that is through with no owner is refused', async t => {
  await t.rejects(findFairly(sharedOf([item('ada', 1e9), item('bob', 1e9)]), look, TIME), { code: 'too_expensive' })
})

t.test('whoever needs no more than their share is never left out, whatever others store', async t => {
  const owners = ['ada', 'bob', 'cleo', 'dan']
  const stored = fc.array(fc.record({ owner: fc.constantFrom(...owners), cost: fc.integer({ min: 1, max: 3000 }), bytes: fc.integer({ min: 100, max: 2 ** 19 }), fits: fc.boolean() }), { maxLength: 60 })
  await fc.assert(fc.asyncProperty(stored, async items => {
    const fair = TIME / 2 / owners.length
    const answer = await findFairly(sharedOf(items), look, TIME).catch(() => undefined)
    // A batch that would take more than is left is given up as a whole, so one that fits into a share at once counts.
    const modest = owners.filter(owner => items.filter(item => item.owner === owner).reduce((sum, { cost }) => sum + cost, 0) <= fair)
    const present = modest.filter(owner => items.some(item => item.owner === owner))
    if (!answer) return present.length === 0
    return modest.every(owner => !answer.leftOut.includes(owner)) &&
      answer.found.every(({ fits }) => fits) &&
      items.filter(({ owner, fits }) => fits && modest.includes(owner)).every(item => answer.found.includes(item))
  }), { numRuns: 100 })
  t.pass()
})
