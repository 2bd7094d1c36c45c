import { fail } from '../errors.js'
import { isLoopbackAuthority } from '../http/loopback.js'

/** What a request says of where it comes from; the names of headers are in lower case. */
export type Origins = Partial<Record<'host' | 'origin' | 'sec-fetch-site', string | undefined>>

const isOfThisMachine = (origin: string): boolean => {
  const [scheme, authority, ...more] = origin.split('://')
  return more.length === 0 && authority !== undefined && /^https?$/.test(scheme ?? '') && isLoopbackAuthority(authority)
}

/**
 * Lets programs and pages of this machine pass. Any page that somebody looks at can have their browser call
 * loopback: its `Origin` gives it away, or `Sec-Fetch-Site` where a browser sends no origin, and one that had
 * its own name resolved to loopback (DNS rebinding) gives itself away in `Host`.
 * @throws `not_local`
 */
export function requireLocal ({ host = '', origin, 'sec-fetch-site': site }: Origins): void {
  if (!isLoopbackAuthority(host)) fail('not_local')
  if (origin === undefined ? site === 'cross-site' : !isOfThisMachine(origin)) fail('not_local')
}
