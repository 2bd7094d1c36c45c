// Compiles the service to dist/ and puts the Lua files beside the code that loads them.
import { spawnSync } from 'node:child_process'
import { cpSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = new URL('..', import.meta.url)
const path = relative => fileURLToPath(new URL(relative, root))

rmSync(path('dist'), { recursive: true, force: true })
const { status } = spawnSync(process.execPath, [path('node_modules/typescript/bin/tsc'), '-p', path('tsconfig.build.json')], { stdio: 'inherit' })
if (status !== 0) process.exit(1)
cpSync(path('lib'), path('dist/lib'), { recursive: true, filter: source => !source.endsWith('.ts') })
