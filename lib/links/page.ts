import { readFile } from 'node:fs/promises'

/** A file of the page that opens links, and where it is served. */
export interface PageFile { path: string, type: string, text: string }

const files = [
  ['', 'text/html; charset=utf-8', 'link.html'],
  ['/script.js', 'text/javascript; charset=utf-8', 'script.js'],
  ['/style.css', 'text/css; charset=utf-8', 'style.css']
] as const

/**
 * What the page may do: run its own script, look as it looks, and call this service. Nothing of others is
 * loaded, nothing runs that is written into the page, and no form can be sent elsewhere.
 */
export const pageHeaders = {
  'content-security-policy': "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin'
}

export const readPage = async (): Promise<PageFile[]> => await Promise.all(files.map(async ([path, type, name]) => ({
  path, type, text: await readFile(new URL(`./page/${name}`, import.meta.url), 'utf8')
})))
