import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { inProject } from './root.js'
import { giveUp, say } from './say.js'

const OLDEST_NODE = [20, 19]

function checkNode () {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  giveUp(`Node.js ${process.versions.node} is too old: ${OLDEST_NODE.join('.')} or newer is needed.`, 'See https://nodejs.org/en/download')
}

const NOTE = 'node_modules/.guardcell.json'

const lockHash = () => createHash('sha256').update(readFileSync(inProject('package-lock.json'))).digest('hex')

function installed () {
  try {
    return JSON.parse(readFileSync(inProject(NOTE), 'utf8'))
  } catch {
    return { lock: '', dev: false }
  }
}

/**
 * Installs the packages of the lockfile unless they are there already.
 * @param {{ dev: boolean }} needs whether those for development are needed as well
 */
export function ensurePackages ({ dev }) {
  checkNode()
  const lock = lockHash()
  const have = installed()
  if (have.lock === lock && (have.dev || !dev)) return
  // Packages that a developer installed by hand are left alone, as long as they are all there.
  if (have.lock === '' && existsSync(inProject('node_modules/.package-lock.json')) && existsSync(inProject('node_modules/tap'))) return
  say(`installing packages${dev ? ', those for development included' : ''} (npm ci) ...`)
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error', ...(dev ? ['--include=dev'] : ['--omit=dev'])]
  const { status } = spawnSync('npm', args, { cwd: inProject('.'), stdio: 'inherit', shell: process.platform === 'win32' })
  if (status !== 0) giveUp('The packages could not be installed: npm ci failed, see above.', 'Mend what it says (the network, most often) and try again.')
  writeFileSync(inProject(NOTE), JSON.stringify({ lock, dev }))
}
