import t from 'tap'
import { credentialsIn } from '#lib/plantdb/credentials.js'
import { parsePython } from '#lib/plantdb/python-literal.js'
import { shared } from '#lib/datasets/shared-runs.js'
import { busyMs } from '../../support/busy.js'

t.test('Python literals are read, and nothing else', async t => {
  const read: Array<[string, unknown]> = [
    ["{'a': 1, \"b\": [True, False, None], 'c': (1, 2.5, -3e2,), 4: {}}", { a: 1, b: [true, false, null], c: [1, 2.5, -300], 4: {} }],
    ["{'it\\'s': 'x\\n\\t\\\\ \\x41 \\u00e9 \\U0001f331', }", { "it's": 'x\n\t\\ A é 🌱' }],
    ['()', []],
    ["('one',)", ['one']],
    ["('one')", 'one'],
    [' { } ', {}],
    ["{'pose': [.5, 1., +2]}", { pose: [0.5, 1, 2] }],
    ["{'__proto__': 1}", JSON.parse('{"__proto__": 1}')]
  ]
  for (const [text, value] of read) t.strictSame(parsePython(text), value, text)
  for (const text of ['', '{', "{'a'}", "{'a': }", "{'a': 1 'b': 2}", '[1 2]', '[,]', '{,}', "{'a': __import__('os')}", 'open("x")', '1 + 1', "'a' 'b'", "f'{1}'", "'open", '{[1]: 2}', '{None: 1}', '1_000', '0x10', 'nan', 'Truely', "'\\U00110000'", '1.2.3', "{'a': 1}}", '['.repeat(200) + ']'.repeat(200)]) {
    t.throws(() => parsePython(text), { code: 'invalid_request' }, text.slice(0, 30))
  }
})

t.test('a long text takes its time only once', async t => {
  const began = busyMs()
  t.throws(() => parsePython('{' + "'a': '".repeat(100_000)))
  t.throws(() => parsePython('('.repeat(500_000)))
  t.equal((parsePython(`[${'1, '.repeat(100_000)}]`) as unknown[]).length, 100_000)
  t.ok(busyMs() - began < 2_000)
})

t.test('credentials are found in whatever form they are sent', async t => {
  for (const none of [undefined, '', ' ', 'Bearer', 'Bearer ', 'Bearer None', 'bearer none', 'None', 'Bearer  None ']) t.equal(credentialsIn(none), undefined, String(none))
  t.equal(credentialsIn('Bearer abc'), 'Bearer abc')
  t.equal(credentialsIn('abc.def'), 'Bearer abc.def')
  t.equal(credentialsIn('Basic abc'), 'Basic abc', 'another scheme is no token')
})

t.test('who asks while work runs shares the next run', async t => {
  const ends: Array<() => void> = []
  let begun = 0
  const work = shared(async () => {
    begun++
    await new Promise<void>(resolve => ends.push(resolve))
  })
  const first = work()
  const others = [work(), work(), work()]
  t.equal(begun, 1)
  ends[0]!()
  await first
  await new Promise(setImmediate)
  t.equal(begun, 2)
  const late = work()
  ends[1]!()
  await Promise.all(others)
  await new Promise(setImmediate)
  t.equal(begun, 3, 'what came during the second run waits for a third')
  ends[2]!()
  await late

  const failing = shared(async () => { throw new Error('no') })
  const refused = await Promise.allSettled([failing(), failing(), failing()])
  t.strictSame(refused.map(({ status }) => status), ['rejected', 'rejected', 'rejected'])
  await t.rejects(failing())
})
