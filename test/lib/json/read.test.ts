import fc from 'fast-check'
import t from 'tap'
import { parseExact, RawJson, stringify } from '#lib/json/exact.js'
import { measureJson } from '#lib/json/measure.js'
import { checkJson, parseJson, strictJson } from '#lib/json/read.js'
import { documents, dumps, oddScalars, styles, type Node } from '../../support/python-json.js'

const texts = fc.tuple(documents, fc.constantFrom(...styles)).map(([document, style]) => dumps(document, style))

t.test('what Python writes is read, and answered as JSON with every digit', async t => {
  const text = '\ufeff {"a": [NaN, Infinity, -Infinity, -1, "NaN", "-Infinity \\" NaN"], "t": 1700000000123456789, "x": 1.0, "big": 1e400}\n'
  t.strictSame(parseJson(text), { a: [null, null, null, -1, 'NaN', '-Infinity " NaN'], t: Number('1700000000123456789'), x: 1, big: Infinity })
  t.equal(strictJson(text), '{"a":[null,null,null,-1,"NaN","-Infinity \\" NaN"],"t":1700000000123456789,"x":1.0,"big":1e400}')
  t.strictSame((parseExact(text) as { a: unknown[] }).a[2], new RawJson('-Infinity'))
  t.equal(stringify(parseExact(text)), '{"a":[NaN,Infinity,-Infinity,-1,"NaN","-Infinity \\" NaN"],"t":1700000000123456789,"x":1.0,"big":1e400}')
})

t.test('what is neither JSON nor Python is refused', async t => {
  for (const text of ['', ' ', '{', 'nan', '-NaN', '+Infinity', '--Infinity', 'NaNNaN', '1NaN', 'NaN1', 'xNaN', '- Infinity', 'Infinityx', '{NaN: 1}', '{"a": NaN,}', '[NaN', '"NaN', "{'a': NaN}", 'null null', '{"a"NaN}', '\ufeff\ufeff1', '[1] NaN', 'undefined', `${'['.repeat(200)}NaN${']'.repeat(199)}`]) {
    for (const read of [parseJson, parseExact, checkJson]) t.throws(() => read(text), SyntaxError, text)
  }
})

t.test('what is answered is JSON, and says what JSON.parse says where there is no odd word', async t => {
  fc.assert(fc.property(texts, text => {
    const strict = strictJson(text)
    return JSON.stringify(JSON.parse(strict)) === JSON.stringify(parseJson(text)) && JSON.stringify(parseJson(strict)) === JSON.stringify(JSON.parse(strict))
  }))
  fc.assert(fc.property(fc.json(), text => {
    const value: unknown = JSON.parse(text)
    return JSON.stringify(parseJson(text)) === JSON.stringify(value) && strictJson(JSON.stringify(value, null, 4)) === JSON.stringify(value)
  }))
  t.pass()
})

t.test('an exact value is written as it was', async t => {
  for (const text of oddScalars.filter(text => !text.startsWith('"'))) t.equal(stringify({ a: parseExact(text) }, '  '), `{\n  "a": ${text}\n}`)
  fc.assert(fc.property(texts, text => stringify(parseExact(stringify(parseExact(text), '    '))) === stringify(parseExact(text))))
  fc.assert(fc.property(fc.jsonValue(), value => stringify(value) === JSON.stringify(value) && stringify(value, '    ') === JSON.stringify(value, null, 4)))
  fc.assert(fc.property(texts, text => stringify(parseExact(strictJson(text)), '').length > 0))
  t.equal(stringify({ a: undefined, b: [undefined] }), '{"b":[null]}')
})

t.test('what lies deeper than 100 levels is answered as null, however deep it is', async t => {
  const nested = (depth: number, inner = ''): string => `${'['.repeat(depth)}${inner}${']'.repeat(depth)}`
  t.equal(strictJson(nested(100)), nested(100))
  t.equal(strictJson(nested(101)), nested(100, 'null'))
  for (const depth of [200, 100_000]) {
    const text = `{"deep": ${nested(depth, 'NaN, "]"')}, "b": [1]}`
    t.strictSame(parseJson(text), { deep: JSON.parse(nested(99, 'null')) as unknown, b: [1] })
    t.equal(stringify(parseExact(text)), text.replaceAll(/(?<=[:}\]]),? (?=["[{])/g, separator => separator.trim()))
  }
})

t.test('values and levels are counted without making anything of them', async t => {
  const count = (value: unknown): number => 1 + (typeof value === 'object' && value !== null ? Object.values(value).reduce((sum: number, item) => sum + count(item), 0) : 0)
  const depth = (value: unknown): number => typeof value === 'object' && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0
  fc.assert(fc.property(fc.jsonValue(), fc.constantFrom(0, 2), (value, indent) => {
    const measured = measureJson(JSON.stringify(value, null, indent))
    return measured.values === count(value) && measured.depth === depth(value)
  }))
  t.match(measureJson('{"a": [1, "[,"], "b": {}, "c": [ ]}'), { values: 6, depth: 2 })
  t.match(measureJson('['.repeat(1e6)), { values: 1e6 + 1, depth: 1e6 })
})

const total = (node: Node): number => typeof node === 'string' ? 1 : 'items' in node ? node.items.reduce((sum, item) => sum + total(item), 1) : node.members.reduce((sum, [, value]) => sum + total(value), 1)

t.test('members of the same name count each', async t => {
  fc.assert(fc.property(documents, document => measureJson(dumps(document, styles[0]!)).values === total(document)))
  t.pass()
})
