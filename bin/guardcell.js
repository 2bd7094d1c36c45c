#!/usr/bin/env node
// The command line: node bin/guardcell.js <command>. Uses the Redis of REDIS_URL, else the one of npm start.
import { existsSync } from 'node:fs'

// An image has no scripts: it is built, and its Redis is named.
const prepared = existsSync(new URL('../scripts', import.meta.url)) ? await (await import('../scripts/steps/command-line.js')).prepare() : undefined

const { runCommand } = await import('../dist/lib/cli.js')
const { code, text } = await runCommand(process.argv.slice(2), process.env)
;(code === 0 ? process.stdout : process.stderr).write(text)
prepared?.stop()
process.exitCode = code
