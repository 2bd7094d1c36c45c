// Types become blanks (ts-blank-space), so that lines and columns stay true without source maps. What was
// stripped once is kept by its content: loading the compiler in each of a hundred processes takes most of a suite's time.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CACHE = join(import.meta.dirname, '../../../.build/stripped')

/** What tests run in place of a package, and whose imports of it are meant. */
const INSTEAD = {
  argon2: { by: '../argon2.ts', importer: /\/lib\/accounts\/passwords\.ts$/ },
  'async-hook-domain': { by: '../domain.js', importer: /\/@tapjs\/core\// }
}

export async function resolve (specifier, context, next) {
  const instead = INSTEAD[specifier]
  if (instead?.importer.test(context.parentURL)) return { url: new URL(instead.by, import.meta.url).href, format: 'module', shortCircuit: true }
  if (/^\.\.?\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const url = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL)
    if (existsSync(url)) return { url: url.href, format: 'module', shortCircuit: true }
  }
  return await next(specifier, context)
}

async function strip (source) {
  const kept = join(CACHE, `${createHash('sha256').update(source).digest('hex')}.js`)
  if (existsSync(kept)) return readFileSync(kept, 'utf8')
  const { default: blank } = await import('ts-blank-space')
  const stripped = blank(source)
  mkdirSync(CACHE, { recursive: true })
  // Whole or not at all: other processes read it.
  writeFileSync(`${kept}.${process.pid}`, stripped)
  renameSync(`${kept}.${process.pid}`, kept)
  return stripped
}

export async function load (url, context, next) {
  if (!url.endsWith('.ts')) return await next(url, context)
  const source = await strip(readFileSync(fileURLToPath(url), 'utf8'))
  return { format: 'module', shortCircuit: true, source: `${source}\n//# sourceURL=${url}` }
}
