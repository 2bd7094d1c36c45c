import fc from 'fast-check'
import t from 'tap'
import { allows, checkGrants, fits, grantsFrom, grantsText } from '#lib/api-tokens/grants.js'
import { busyMs } from '../../support/busy.js'

t.test('globs fit as Python\'s fnmatchcase says', async t => {
  const cases: Array<[glob: string, name: string, fits: boolean]> = [
    ['*', '', true], ['*', 'anything.at-all_1', true], ['plant*', 'plant', true], ['plant*', 'plants', true], ['plant*', 'Plant', false], ['plant*', 'aplant', false],
    ['*plant', 'my_plant', true], ['*plant', 'plants', false], ['a*b*c', 'a1b2c', true], ['a*b*c', 'acb', false], ['**a**', 'xxax', true],
    ['?', 'a', true], ['?', '', false], ['?', 'ab', false], ['a?c', 'abc', true],
    ['[abc]x', 'bx', true], ['[abc]x', 'dx', false], ['[a-c]x', 'bx', true], ['[a-c]x', 'Bx', false], ['[!a-c]x', 'dx', true], ['[!a-c]x', 'ax', false],
    ['[]a]', 'a', true], ['[]a]', ']', true], ['[!]a]', 'b', true], ['[!]a]', ']', false], ['[a-]', '-', true], ['[-a]', '-', true], ['[a', '[a', true], ['[a', 'a', false],
    ['scan.1', 'scanx1', false], ['[!!]', '!', false], ['[!!]', 'a', true], ['2026-[01][0-9]-*', '2026-11-23', true], ['2026-[01][0-9]-*', '2026-21-23', false], ['', '', true], ['', 'a', false]
  ]
  for (const [glob, name, expected] of cases) t.equal(fits(glob, name), expected, `${glob} ${name}`)
})

t.test('stars and question marks fit as a plain search over all ways finds', async () => {
  const search = (glob: string, name: string): boolean => {
    if (glob === '') return name === ''
    if (glob[0] === '*') return search(glob.slice(1), name) || (name !== '' && search(glob, name.slice(1)))
    return name !== '' && (glob[0] === '?' || glob[0] === name[0]) && search(glob.slice(1), name.slice(1))
  }
  const text = (signs: string) => fc.array(fc.constantFrom(...signs), { maxLength: 9 }).map(list => list.join(''))
  fc.assert(fc.property(text('ab*?'), text('ab'), (glob, name) => fits(glob, name) === search(glob, name)), { numRuns: 3000 })
})

t.test('no glob takes long', async t => {
  const began = busyMs()
  t.notOk(fits(`${'*a'.repeat(99)}*b`, 'a'.repeat(200)))
  t.ok(busyMs() - began < 100)
})

t.test('grants go into the claim and come back', async t => {
  const grants = checkGrants({ 'cam_*': ['write', 'read', 'read'], '[a-f]?': ['delete', 'create'] })
  t.strictSame(grants, { 'cam_*': ['read', 'write'], '[a-f]?': ['create', 'delete'] }, 'each permission once, in their order')
  t.equal(grantsText(grants), 'cam_*/read,write;[a-f]?/create,delete')
  t.strictSame(grantsFrom(grantsText(grants)), grants)
  t.ok(allows(grants, 'read', 'cam_1'))
  t.notOk(allows(grants, 'read', 'a1'))
  t.ok(allows(checkGrants({ '*': ['read'], 'a*': ['write'] }), 'write', 'a1'), 'the union over all globs that fit')
})

t.test('grants that mean nothing are refused', async t => {
  for (const [name, datasets] of Object.entries<Record<string, string[]>>({
    'no glob': {},
    'no permission': { 'a*': [] },
    'an unknown permission': { 'a*': ['read', 'admin'] },
    'PlantDB\'s spelling': { 'a*': ['Permission.READ'] },
    'a permission of another name': { 'a*': ['READ'] },
    'a separator in a glob': { 'a/b': ['read'] },
    'another one': { 'a;b': ['read'] },
    'an empty glob': { '': ['read'] },
    'a long glob': { ['a'.repeat(201)]: ['read'] },
    'many globs': Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`a${i}`, ['read']])),
    'long globs': Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`${'a'.repeat(150)}${i}`, ['read']]))
  })) t.throws(() => checkGrants(datasets), { code: 'api_token_grants_invalid' }, name)
})
