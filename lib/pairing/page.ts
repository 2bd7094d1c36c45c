import { readFileSync } from 'node:fs'

/** The page on which users approve devices. It is made of three files and needs nothing else. */
export interface Page { html: string, script: string, style: string, /** Its `Content-Security-Policy`. */ policy: string }

const read = (file: string): string => readFileSync(new URL(`./page/${file}`, import.meta.url), 'utf8')

/** What nothing on the page needs is forbidden; in a frame somebody could be made to click on Approve (RFC 8628 section 5.4). */
const policy = [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
  "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"
].join('; ')

export const openPage = (): Page => ({ html: read('index.html'), script: read('script.js'), style: read('style.css'), policy })
