import type { Principal } from '../access/authorize.js'
import { GUEST, type Actor } from './rights.js'

/** Who acts on data sets, for who calls; null is a guest. */
export function actorOf (principal: Principal | null): Actor {
  if (!principal) return GUEST
  const { username, fullname, roles, groups } = principal.account
  const token = principal.kind === 'api' ? principal.datasets : undefined
  return {
    username,
    fullname,
    admin: roles.includes('admin'),
    contributor: roles.includes('contributor'),
    groups,
    reads: principal.may('datasets:read'),
    token,
    again: async () => actorOf(await principal.again())
  }
}
