// Files of tests that share a process: loading the service anew for each of them takes most of a suite's time.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { inProject } from './root.js'

const SHARE = 12
/**
 * Those that take long or start processes of their own, and one that measures moments: while the first test of a
 * shared process runs, the files of the others are still being loaded. The longest come first.
 */
const ALONE = [
  /^test\/main\/datasets-replicas\./,
  /^test\/main\/boot\./,
  /^test\/main\/datasets-crash\./,
  /^test\/routes\/datasets-permissions\./,
  /^test\/fuzz\./,
  /^test\/main\/(audit|keys-secret|keys-rotation)\./,
  /^test\/routes\/(datasets-links|scans-pages)\./,
  /^test\/lib\/redis\/(tls|incidents|sentinel)\./,
  /^test\/lib\/sessions\/(footprint|model)\./,
  /^test\/(main|scripts|browser)\//,
  /^test\/lib\/(sessions|redis)\//,
  /^test\/routes\/stalls\./,
  /^test\/lib\/datasets\/crowd\./
]
const rankOf = file => ALONE.findIndex(pattern => pattern.test(file))

/** @returns every file of tests, from the root of the project on, with slashes */
export const testFiles = () => readdirSync(inProject('test'), { recursive: true })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => join('test', name).split(sep).join('/'))
  .sort()

/**
 * @returns the files to run, which import one or more of those given. tap runs them in the order of their names: in
 * turns one that mostly waits, for processes of its own, and one that computes.
 */
export function shared (files) {
  const folder = inProject('.build/suite')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const alone = files.filter(file => rankOf(file) !== -1).sort((a, b) => rankOf(a) - rankOf(b)).map(file => [file])
  const rest = files.filter(file => rankOf(file) === -1)
  const groups = []
  while (rest.length > 0) groups.push(rest.splice(0, SHARE))
  const turns = Array.from({ length: Math.max(alone.length, groups.length) }, (_, at) => [alone[at], groups[at]]).flat().filter(Boolean)
  return turns.map((imported, at) => {
    const name = imported.length > 1 ? `from-${imported[0]}` : imported[0]
    const path = join(folder, `${String(at + 1).padStart(3, '0')}-${name.replace('test/', '').replace(/\.test\.ts$/, '').replaceAll('/', '-')}.test.ts`)
    writeFileSync(path, imported.map(file => `import '${relative(folder, inProject(file)).split(sep).join('/').replace(/\.ts$/, '.js')}'\n`).join(''))
    return relative(inProject('.'), path)
  })
}
