import { isIPv4, isIPv6 } from 'node:net'

/** Without brackets and the port that some proxies put behind an address. */
const bare = (text: string): string => text.replace(/^\[(.*)\](?::\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')

const groupsOf = (part: string): string[] => part === '' ? [] : part.split(':')

/** The groups of an IPv6 address; the last two may be one that is written as IPv4. */
function expand (ip: string): string[] {
  const [head = '', tail] = ip.split('::')
  const groups = groupsOf(head)
  if (tail === undefined) return groups
  const after = groupsOf(tail)
  const missing = 8 - groups.length - after.length - (ip.includes('.') ? 1 : 0)
  for (let i = 0; i < missing; i++) groups.push('0')
  return [...groups, ...after]
}

/** The IPv4 address that stands in the last 32 bits (RFC 4291 section 2.5.5.2). */
const mapped = (groups: readonly string[]): string => groups.slice(6).map(group => {
  if (group.includes('.')) return group
  const bits = parseInt(group, 16)
  return `${bits >> 8}.${bits & 255}`
}).join('.')

/**
 * The address in what a socket or a trusted proxy says, some of which put a port behind it.
 * @returns `unknown` if there is none (RFC 7239 section 6.2)
 */
export function addressIn (text: string): string {
  const address = bare(text)
  return isIPv4(address) || isIPv6(address) ? address : 'unknown'
}

/**
 * Who calls from an address, as far as limits are concerned. Whoever has one IPv6 address usually has the
 * whole /64 of it, so that is one caller; an IPv4 address that is written as an IPv6 one
 * (`::ffff:192.0.2.1`) is itself.
 * @param ip what is no address stands for itself
 */
export function addressKey (ip: string): string {
  if (isIPv4(ip)) return ip
  const address = ip.includes('[') || ip.includes('.') ? bare(ip) : ip
  if (!isIPv6(address)) return address
  // Without the zone of a link (RFC 4007 section 11).
  const [plain = ''] = address.split('%', 1)
  const groups = expand(plain)
  const [network, kind] = [groups.slice(0, 4), groups.slice(4, 6)].map(part => part.map(group => parseInt(group, 16).toString(16)).join(':'))
  return network === '0:0:0:0' && kind === '0:ffff' ? mapped(groups) : `${network}::/64`
}
