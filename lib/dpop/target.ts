import { isLoopbackAuthority } from '../http/loopback.js'

/** Visible ASCII without the backslash, which a URL parser takes for a slash. */
const WRITTEN = /^[\x21-\x5b\x5d-\x7e]+$/
const UNRESERVED = /[A-Za-z0-9._~-]/

/** RFC 3986 section 6.2.2.1 and 6.2.2.2; all else of 6.2.2 and 6.2.3 is done by URL. */
const unescaped = (escape: string): string => {
  const character = String.fromCharCode(parseInt(escape.slice(1), 16))
  return UNRESERVED.test(character) ? character : escape.toUpperCase()
}

/** The URL of a resource without query and fragment, in the one spelling in which two are compared; undefined for what is none. */
export function canonicalUrl (text: string): string | undefined {
  if (!WRITTEN.test(text) || !URL.canParse(text)) return undefined
  const { protocol, host, pathname, username, password } = new URL(text)
  if (!/^https?:$/.test(protocol) || username !== '' || password !== '') return undefined
  return `${protocol}//${host}${pathname.replace(/%[0-9a-f]{2}/gi, unescaped)}`
}

/** What is called: the path and query as they were sent, and the `Host` that was called. */
export interface Called { url: string, host: string }

/**
 * Whether a proof is for a call (`htu`, RFC 9449 section 4.3). A `Host` header is only believed of a service that
 * is called on its own machine: anywhere else whoever has a proof for another server could send that one's name.
 * @param bases where the service is reached; the prefix that a reverse proxy takes away is a part of them
 */
export function createTarget (bases: readonly string[]): (htu: string, called: Called) => boolean {
  const roots = bases.filter(base => canonicalUrl(base) !== undefined).map(base => base.replace(/\/+$/, ''))
  const isLocal = roots.every(root => isLoopbackAuthority(new URL(root).host))
  return (htu, { url, host }) => {
    const meant = canonicalUrl(htu)
    const names = isLocal && isLoopbackAuthority(host) ? [...roots, `http://${host}`] : roots
    return meant !== undefined && names.some(root => canonicalUrl(root + url) === meant)
  }
}
