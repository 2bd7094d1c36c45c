import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { inProject } from './root.js'
import { giveUp, say } from './say.js'

const SOURCES = ['lib', 'plugins', 'routes', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']

function newest (path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
}

/** Compiles the service unless what is in dist is newer than every source. */
export function ensureBuild () {
  const built = inProject('dist/lib/main.js')
  if (existsSync(built) && statSync(built).mtimeMs >= Math.max(...SOURCES.map(source => newest(inProject(source))))) return
  say('building')
  if (spawnSync(process.execPath, [inProject('scripts/build.js')], { stdio: 'inherit' }).status !== 0) giveUp('The build failed, see above.')
}
