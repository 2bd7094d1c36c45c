import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'

const root = new URL('../../', import.meta.url)

/** The blocks of code of one language in a guide, in their order. */
export async function codeIn (guide: string, language: string): Promise<string[]> {
  const text = await readFile(new URL(`docs/guides/${guide}.md`, root), 'utf8')
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\`$`, 'gm'))].map(([, code]) => code!)
}

/** Loads code as the module that it is; packages are found as in the project. */
export async function load (t: Test, code: string): Promise<any> {
  const build = new URL('.build/', root)
  await mkdir(build, { recursive: true })
  const folder = await mkdtemp(new URL('guide-', build).pathname)
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const file = join(folder, 'guide.mjs')
  await writeFile(file, code)
  return await import(pathToFileURL(file).href)
}
