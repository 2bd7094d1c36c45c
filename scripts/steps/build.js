import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { hold, release } from './processes.js'
import { inProject } from './root.js'
import { giveUp, say } from './say.js'

const SOURCES = ['lib', 'plugins', 'routes', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json']
const LOCK = inProject('node_modules/.guardcell-build.pid')
// As deep as dist, so that the source maps stay true.
const ASIDE = inProject('dist.new')
const DIST = inProject('dist')

function newest (path) {
  const stat = statSync(path)
  if (!stat.isDirectory()) return stat.mtimeMs
  return Math.max(stat.mtimeMs, ...readdirSync(path).map(name => newest(join(path, name))))
}

function isFresh () {
  const built = join(DIST, 'lib/main.js')
  return existsSync(built) && statSync(built).mtimeMs >= Math.max(...SOURCES.map(source => newest(inProject(source))))
}

/** Compiles the service unless what is in dist is newer than every source. */
export function ensureBuild () {
  if (!isFresh()) build(isFresh)
}

/** Compiles the service, unless another process has just done so. */
export function build (isDone = () => false) {
  hold(LOCK)
  try {
    if (!isDone()) compile()
  } finally {
    release(LOCK)
  }
}

function compile () {
  say('building')
  const started = new Date()
  const remove = folder => rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  // Aside, so that a build that fails leaves the former one in place.
  remove(ASIDE)
  const { status } = spawnSync(process.execPath, [inProject('node_modules/typescript/bin/tsc'), '-p', inProject('tsconfig.build.json'), '--outDir', ASIDE], { stdio: 'inherit' })
  if (status !== 0) {
    remove(ASIDE)
    release(LOCK)
    giveUp('The build failed, see above.')
  }
  cpSync(inProject('lib'), join(ASIDE, 'lib'), { recursive: true, filter: source => !source.endsWith('.ts') })
  // What was edited meanwhile counts as newer.
  utimesSync(join(ASIDE, 'lib/main.js'), started, started)
  remove(DIST)
  renameSync(ASIDE, DIST)
}
