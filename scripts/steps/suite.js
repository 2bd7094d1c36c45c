// Files of tests that share a process: loading the service anew for each of them takes most of a suite's time.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { inProject } from './root.js'

const SHARE = 6
/**
 * Those that take long or start processes of their own, and one that measures moments: while the first test of a
 * shared process runs, the files of the others are still being loaded.
 */
const ALONE = [
  /^test\/fuzz\./,
  /^test\/lib\/datasets\/crowd\./,
  /^test\/(main|scripts|browser)\//,
  /^test\/lib\/(sessions|redis)\//,
  /^test\/routes\/(datasets-permissions|datasets-links|scans-pages|stalls)\./
]

/** @returns every file of tests, from the root of the project on, with slashes */
export const testFiles = () => readdirSync(inProject('test'), { recursive: true })
  .filter(name => name.endsWith('.test.ts'))
  .map(name => join('test', name).split(sep).join('/'))
  .sort()

/** @returns the files to run: long ones as they are, others by way of files that import some of them */
export function shared (files) {
  const folder = inProject('.build/suite')
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const isAlone = file => ALONE.some(pattern => pattern.test(file))
  const rest = files.filter(file => !isAlone(file))
  const groups = []
  while (rest.length > 0) {
    const name = join(folder, `${String(groups.length + 1).padStart(2, '0')}.test.ts`)
    const imports = rest.splice(0, SHARE).map(file => `import '${relative(folder, inProject(file)).split(sep).join('/').replace(/\.ts$/, '.js')}'\n`)
    writeFileSync(name, imports.join(''))
    groups.push(relative(inProject('.'), name))
  }
  return [...files.filter(isAlone), ...groups]
}
