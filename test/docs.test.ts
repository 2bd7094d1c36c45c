import { readFile, readdir } from 'node:fs/promises'
import t from 'tap'
import { catalogue } from '#lib/error-catalogue.js'
import { auditTable, configDocument, errorsDocument, routesDocument, withTable } from '../scripts/documents.js'
import { start } from './support/app.js'

const root = new URL('../', import.meta.url)
const read = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8')

t.test('the documents say what the code does', async t => {
  const { app } = await start(t)
  t.equal(await read('docs/config.md'), configDocument(), 'npm run docs brings it up to date')
  t.equal(await read('docs/errors.md'), errorsDocument())
  t.equal(await read('docs/routes.md'), routesDocument(app))
})

t.test('every error of the catalogue is used somewhere, and no other', async t => {
  const sources: string[] = []
  for (const folder of ['lib', 'plugins', 'routes']) {
    for (const entry of await readdir(new URL(`${folder}/`, root), { recursive: true, withFileTypes: true })) {
      if (entry.name.endsWith('.ts')) sources.push(await readFile(`${entry.parentPath}/${entry.name}`, 'utf8'))
    }
  }
  const elsewhere = sources.filter(source => !source.includes('export const catalogue')).join('\n')
  for (const code of Object.keys(catalogue)) t.match(elsewhere, new RegExp(`['\`]${code}['\`]|\\$\\{kind\\}_token_invalid`), code)
})

t.test('docs/audit.md has every action of the audit log, and no other', async t => {
  const document = await read('docs/audit.md')
  t.equal(document, withTable(document, auditTable()))
})

t.test('the documents link to files that are there', async t => {
  for (const name of ['README.md', ...(await readdir(new URL('docs/', root), { recursive: true })).filter(n => n.endsWith('.md')).map(n => `docs/${n}`)]) {
    const text = await read(name)
    for (const [, target] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
      await t.resolves(readFile(new URL(target!, new URL(name, root))), `${name} -> ${target}`)
    }
  }
})

t.test('docs/guides/events.md has every event with its members, and no other', async t => {
  const source = await read('lib/events.ts')
  const types = [...source.matchAll(/\{ type: '(\w+)'(?:, ([^}]+))? \}/g)].map(([, type, members = '']) => [type, [...members.matchAll(/(\w+):/g)].map(([, name]) => name)])
  const rows = [...(await read('docs/guides/events.md')).matchAll(/^\| `(\w+)` \|.*\| (`.*) \|$/gm)].map(([, type, members = '']) => [type, [...members.matchAll(/`(\w+)`/g)].map(([, name]) => name)])
  t.ok(types.length > 20)
  t.strictSame(rows.sort(), types.sort())
})
