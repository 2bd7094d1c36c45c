/** The cookies of a session. */
export type CookieName = 'access' | 'refresh' | 'csrf'
export type CookieValues = Partial<Record<CookieName, string>>

/** How the cookies are called and guarded, which depends on how the browser reaches the service. */
export interface Jar { names: Record<CookieName, string>, secure: boolean }

/** A cookie as it is set; `maxAge` is seconds. */
export interface Cookie {
  name: string
  value: string
  options: { path: string, httpOnly: boolean, secure: boolean, sameSite: 'strict', maxAge: number }
}

/** The prefixes have the browser refuse such cookies of other hosts and over http (RFC 6265bis section 4.1.3). */
const overHttps: Jar = {
  names: { access: '__Host-gc_access', refresh: '__Secure-gc_refresh', csrf: '__Host-gc_csrf' },
  secure: true
}
const onThisMachine: Jar = { names: { access: 'gc_access', refresh: 'gc_refresh', csrf: 'gc_csrf' }, secure: false }

const scripts: Record<CookieName, { path: string, httpOnly: boolean }> = {
  access: { path: '/', httpOnly: true },
  // Only where it is spent, so that no other call carries it.
  refresh: { path: '/v1/auth', httpOnly: true },
  // A page reads it and sends it back in a header, which no other site can.
  csrf: { path: '/', httpOnly: false }
}

const loopback = new Set(['localhost', '127.0.0.1', '[::1]'])

/** How a request came; `claims` is what proxies say in headers, trusted or not. */
export interface Arrival { protocol: string, hostname: string, claims: string }

/**
 * The jar of whoever made a request, or undefined where no cookie would be safe. On plain http the name of the
 * host decides, because that is what the browser shows: it means the machine in front of the user, whatever
 * lies between (a container has the address of its bridge). A proxy that talks of https is not that.
 */
export function jarFor ({ protocol, hostname, claims }: Arrival): Jar | undefined {
  if (protocol === 'https') return overHttps
  return protocol === 'http' && loopback.has(hostname.toLowerCase()) && !/https/i.test(claims) ? onThisMachine : undefined
}

/** The cookies with these values, or those that remove them; `maxAge` is seconds. */
export const cookiesIn = ({ names, secure }: Jar, values: CookieValues, maxAge: number): Cookie[] =>
  (Object.entries(values) as Array<[CookieName, string]>).map(([kind, value]) => ({
    name: names[kind],
    value,
    options: { ...scripts[kind], secure, sameSite: 'strict', maxAge }
  }))
