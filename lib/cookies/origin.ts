/** What the browser says of the page that makes a call: `Origin` and `Sec-Fetch-Site`. */
export interface Source { origin: string | undefined, fetchSite: string | undefined }

/** `unsaid` is a client that is no browser, or a very old one. */
export type Verdict = 'allowed' | 'foreign' | 'unsaid'

/** The origin under which a browser reaches us (RFC 6454 section 4), or undefined where that is no name of a host. */
export const originOf = (protocol: string, host: string): string | undefined => {
  const text = `${protocol}://${host}`
  return URL.canParse(text) ? new URL(text).origin : undefined
}

/** Whether a page may use cookies: one of our own origin, or of a listed one. `null` stands for no page in particular. */
export function judgeSource ({ origin, fetchSite }: Source, own: string | undefined, listed: ReadonlySet<string>): Verdict {
  if (origin !== undefined) return origin === own || listed.has(origin) ? 'allowed' : 'foreign'
  if (fetchSite === undefined) return 'unsaid'
  return fetchSite === 'same-origin' ? 'allowed' : 'foreign'
}
