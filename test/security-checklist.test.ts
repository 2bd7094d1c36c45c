import { readFile } from 'node:fs/promises'
import t from 'tap'

const root = new URL('../', import.meta.url)
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')

/** How many items each section of ASVS 5.0 has. */
const sections = [
  ['7.1', 3], ['7.2', 4], ['7.3', 2], ['7.4', 5], ['7.5', 3], ['7.6', 2],
  ['9.1', 3], ['9.2', 4],
  ['10.1', 2], ['10.2', 3], ['10.3', 5], ['10.4', 16], ['10.5', 5], ['10.6', 2], ['10.7', 3]
] as const

const all = sections.flatMap(([section, items]) => Array.from({ length: items }, (_, n) => `${section}.${n + 1}`))

/** Tests that a text names, as `file` *title*. */
const testsIn = (text: string): Array<{ file: string, title: string }> =>
  [...text.matchAll(/`([\w/.-]+)` \*([^*]+)\*/g)].map(([, file = '', title = '']) => ({ file: `test/${file}${file.endsWith('.contract') ? '' : '.test'}.ts`, title }))

t.test('docs/security-checklist.md has every item once, with an answer that something stands behind', async t => {
  const rows = (await read('docs/security-checklist.md')).split('\n').filter(line => /^\| \d/.test(line)).map(line => line.split('|').map(cell => cell.trim()).slice(1, -1))
  t.strictSame(rows.map(([item]) => item), all)
  for (const [item = '', level = '', asks = '', answer = '', how = '', shown = ''] of rows) {
    t.match(level, /^[123]$/, `${item}: level`)
    t.ok(asks !== '' && how !== '', `${item}: says what and how`)
    t.match(answer, /^(?:yes|partly|no|n\/a)$/, `${item}: answer`)
    if (answer === 'yes' || answer === 'partly') t.ok(testsIn(shown).length > 0, `${item}: a test shows it`)
  }
})

for (const document of ['docs/security-checklist.md', 'docs/threat-model.md']) {
  t.test(`the tests that ${document} names are there`, async t => {
    const named = testsIn(await read(document))
    t.ok(named.length > 20, `${named.length} are named`)
    for (const { file, title } of named) t.ok((await read(file)).includes(title), `${file}: ${title}`)
  })
}
