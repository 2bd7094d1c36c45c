// Types become blanks (ts-blank-space), so that lines and columns stay true without source maps. What was
// stripped once is kept by its content: loading the compiler in each of a hundred processes takes most of a suite's time.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const CACHE = join(import.meta.dirname, '../../../.build/stripped')

export async function resolve (specifier, context, next) {
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
