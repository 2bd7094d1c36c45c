import t from 'tap'
import { isLargeValue } from '#lib/json/large.js'

const nested = (depth: number): unknown => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)

t.test('a large value holds more than 5000 others, side by side or in each other', async t => {
  for (const [value, isLarge] of [
    [null, false],
    ['x'.repeat(1_000_000), false],
    [Array(4999).fill(1), false],
    [Array(5000).fill(1), true],
    [Object.fromEntries(Array.from({ length: 5000 }, (_, number) => [`n${number}`, number])), true],
    [{ a: Array(3000).fill(null), b: { c: Array(3000).fill(null) } }, true],
    [nested(4000), false],
    [nested(100_000), true]
  ] as const) t.equal(isLargeValue(value), isLarge)
})
