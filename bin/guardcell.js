#!/usr/bin/env node
// The command line: node bin/guardcell.js <command>. Uses the Redis of REDIS_URL, else the one of npm start.
import { once } from 'node:events'
import { existsSync } from 'node:fs'

// An image has no scripts: it is built, and its Redis is named.
const steps = existsSync(new URL('../scripts', import.meta.url)) ? await import('../scripts/steps/command-line.js') : undefined
steps?.prepare()

const { needsService, runCommand } = await import('../dist/lib/cli.js')
const { checkFolders } = await import('../dist/lib/boot/check-folders.js')
const [, , ...args] = process.argv
const redis = needsService(args) ? await steps?.provideRedis() : undefined
// Whoever reads may have read enough, as `head` does.
process.stdout.on('error', () => {
  redis?.stop()
  process.exit()
})
const print = async part => { if (!process.stdout.write(part)) await once(process.stdout, 'drain') }
const { code, text } = await runCommand(args, process.env, print, checkFolders)
await new Promise(resolve => (code === 0 ? process.stdout : process.stderr).write(text, resolve))
redis?.stop()
// A start that was refused may have left connections.
process.exit(code)
