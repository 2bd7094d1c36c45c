import fc from 'fast-check'
import t from 'tap'
import { mergePatch } from '#lib/datasets/merge-patch.js'
import { parseExact } from '#lib/json/exact.js'
import { parseJson, strictJson } from '#lib/json/read.js'
import { rewriteJson } from '#lib/json/rewrite.js'
import { documents, dumps, memberOf, merged, nameOf, styles, withMember, type Patch } from '../../support/python-json.js'

type Members = Record<string, unknown>

const change = (text: string, decide: (value: Members) => Members, options = {}): string => rewriteJson(text, decide(parseExact(text) as Members), options)
const set = (text: string, members: Members): string => change(text, value => ({ ...value, ...members }))
const merge = (text: string, patch: Members): string => change(text, value => mergePatch(value, patch) as Members)

/** A document, the way it is written, and the name of a member that it has or has not. */
const written = fc.tuple(documents, fc.constantFrom(...styles), fc.string({ maxLength: 3 }), fc.nat()).map(([document, given, other, pick]) => {
  // An empty object shows no style; it is filled as PlantDB does it.
  const style = document.members.length === 0 ? styles[0]! : given
  const names = [...document.members.map(([name]) => nameOf(name)), other]
  return { document, style, text: dumps(document, style), name: names[pick % names.length]! }
})

t.test('a document that nobody changes stays as it is', async t => {
  fc.assert(fc.property(written, ({ text }) => change(text, value => value) === text))
  t.pass()
})

t.test('a member that is set or taken away leaves the others byte for byte', async t => {
  fc.assert(fc.property(written, ({ document, style, text, name }) => {
    // A value that no generated one is.
    const after = set(text, { [name]: 'not there before' })
    return after === dumps(withMember(document, name, '"not there before"'), style)
  }))
  fc.assert(fc.property(written, ({ document, style, text, name }) => {
    const after = change(text, value => Object.fromEntries(Object.entries(value).filter(([key]) => key !== name)))
    return after === dumps(withMember(document, name, undefined), style)
  }))
  t.pass()
})

t.test('a merge patch leaves what it does not name byte for byte, at every level', async t => {
  const patches = written.chain(({ document, style, text }) => {
    const names = fc.constantFrom(...document.members.map(([name]) => nameOf(name)), 'new')
    const leaf = fc.constantFrom<string | null>('"not there before"', null)
    const patch: fc.Arbitrary<Patch> = fc.dictionary(names, fc.oneof(leaf, names.chain(name => {
      const inner = memberOf(document, name)
      const below = typeof inner === 'object' && 'members' in inner && inner.members.length > 0 ? fc.constantFrom(...inner.members.map(([text]) => nameOf(text))) : fc.constant('deeper')
      return fc.dictionary(below, leaf, { maxKeys: 2, noNullPrototype: true })
    })), { maxKeys: 3, noNullPrototype: true })
    return fc.record({ document: fc.constant(document), style: fc.constant(style), text: fc.constant(text), patch })
  })
  fc.assert(fc.property(patches, ({ document, style, text, patch }) => {
    const values = JSON.parse(JSON.stringify(patch, (_name, value: unknown) => value === '"not there before"' ? 'not there before' : value)) as Members
    const after = merge(text, values)
    // What is new in an empty object on one line may have other spaces.
    const bare = (text: string): string => style.indent === undefined ? text.replaceAll(' ', '') : text
    return bare(after) === bare(dumps(merged(document, patch), style))
  }), { numRuns: 500 })
  t.pass()
})

t.test('what becomes another document says just what it was to say', async t => {
  fc.assert(fc.property(written, documents, fc.boolean(), ({ text }, other, keepsShown) => {
    const wanted = dumps(other, styles[0]!)
    const after = change(text, () => parseExact(wanted) as Members, { keepsShown })
    return JSON.stringify(sorted(parseJson(after))) === JSON.stringify(sorted(parseJson(wanted)))
  }))
  t.pass()
})

t.test('what a client was shown and sends back stays as it was', async t => {
  fc.assert(fc.property(written, ({ text }) => change(text, () => JSON.parse(strictJson(text)) as Members, { keepsShown: true }) === text))
  t.pass()
})

const sorted = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(sorted)
  return typeof value === 'object' && value !== null ? Object.entries(value).map(([name, member]): [string, unknown] => [name, sorted(member)]).sort(([a], [b]) => a < b ? -1 : 1) : value
}

t.test('layouts that other editors leave', async t => {
  const cases: Array<[before: string, change: Members, after: string]> = [
    ['{}', { a: 1 }, '{\n    "a": 1\n}'],
    [' {\n}\n', { a: { b: [] } }, ' {\n    "a": {\n        "b": []\n    }\n}\n'],
    ['\ufeff{"time_ns": 1700000000123456789}\r\n', { note: 'x' }, '\ufeff{"time_ns": 1700000000123456789, "note": "x"}\r\n'],
    ['{\r\n\t"a" : 1.0 ,\r\n\t"b": {}\r\n}', { c: { d: 1 } }, '{\r\n\t"a" : 1.0 ,\r\n\t"b": {},\r\n\t"c": {\r\n\t\t"d": 1\r\n\t}\r\n}'],
    ['{\n  "a": {"b": 1.0, "c": NaN}\n}', { a: { c: 2 } }, '{\n  "a": {"b": 1.0, "c": 2}\n}'],
    ['{"a": {}}', { a: { b: { c: 1 } } }, '{"a": {"b": {"c":1}}}'],
    ['{\n    "a": {}\n}', { a: { b: 1 } }, '{\n    "a": {\n        "b": 1\n    }\n}'],
    ['{"10": 1.0, "9": 2.0, "10": 3.0}', { 9: 1 }, '{"10": 1.0, "9": 1, "10": 3.0}'],
    ['{"10": 1.0, "9": 2.0, "10": 3.0}', { 10: 1 }, '{"9": 2.0, "10": 1}'],
    ['{"a": 1.0, "b": 2.0}', { a: null }, '{"b": 2.0}'],
    ['{\n    "a": 1\n}', { a: null }, '{}'],
    ['{"a": [1.0, {"b": 1.0, "c": 2}]}', { a: [1, { b: 1, c: 3 }] }, '{"a": [1, {"b": 1, "c": 3}]}'],
    ['{"a": [1.0]}', { a: [1, 2] }, '{"a": [1,2]}']
  ]
  for (const [before, patch, after] of cases) t.equal(merge(before, patch), after, JSON.stringify([before, patch]))
})

t.test('what lies deeper than is read stays, whatever is changed beside it', async t => {
  const deep = `${'{"a": '.repeat(200)}1.0${'}'.repeat(200)}`
  t.equal(set(`{"deep": ${deep}, "b": 1.0}`, { c: 2 }), `{"deep": ${deep}, "b": 1.0, "c": 2}`)
  const text = `{"deep": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`
  t.equal(set(text, { c: 2 }), `${text.slice(0, -1)}, "c": 2}`)
  t.equal(change(text, () => ({ ...JSON.parse(strictJson(text)) as Members, c: 2 }), { keepsShown: true }), `${text.slice(0, -1)}, "c": 2}`, 'also when it comes back as it was shown')
})
