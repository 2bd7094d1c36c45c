import { isIPv4, isIPv6 } from 'node:net'

/** Whether an address means this machine (RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3). */
export const isLoopbackAddress = (address: string): boolean => {
  if (isIPv4(address)) return address.startsWith('127.')
  return isIPv6(address) && (address === '::1' || address.startsWith('::ffff:127.'))
}

const AUTHORITY = /^(?:\[(?<v6>[^\]]*)\]|(?<name>[^:]*))(?::\d*)?$/

/** Whether the host and port of a URL, or of a `Host` header, mean this machine. */
export function isLoopbackAuthority (authority: string): boolean {
  const { v6, name = '' } = AUTHORITY.exec(authority)?.groups ?? {}
  return v6 === undefined ? name.toLowerCase() === 'localhost' || isLoopbackAddress(name) : isLoopbackAddress(v6)
}
