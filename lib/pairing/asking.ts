import { scopeList, scopeText } from '../access/scopes.js'
import { checkGrants, permissions, permissionsIn, type Grants, type Permission } from '../api-tokens/grants.js'
import { fail, Problem } from '../errors.js'
import type { SessionClient } from '../sessions/client.js'
import { within } from '../sessions/scope.js'
import type { Device } from '../sessions/state.js'
import type { DeviceForm } from './schema.js'
import type { Asking } from './store.js'

const scopeOf = (permission: Permission): string => `datasets:${permission}`

/** All that a token of a machine can have. */
const possible = new Set<string>(permissions.map(scopeOf))

const refuse = (path: string, message: string, cause?: unknown): never => fail('invalid_request', { errors: [{ path, message }], cause })

/** Grants in PlantDB's form, `glob/read,write;glob2/read`. */
function grantsIn (text: string): Grants {
  const parts = text.split(';').map(part => part.split('/'))
  if (parts.some(({ length }) => length !== 2)) return refuse('/datasets', 'must be like glob/read,write;glob2/read')
  try {
    return checkGrants(Object.fromEntries(parts.map(([glob = '', words = '']) => [glob.trim(), words.split(',').map(word => word.trim())])))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    return refuse('/datasets', error.extras.errors?.[0]?.message ?? 'is not valid', error)
  }
}

/** Whoever approves reads this name, so nothing in it may be invisible or turn what stands around it. */
const legible = (name: string): string | null => name.replace(/[\p{C}\s]+/gu, ' ').trim() || null

/** The client of a device; `proven` is what the operator calls it, if it has shown that it is that one. */
export interface DeviceClient extends SessionClient { proven?: string | undefined }

/**
 * What a device asks for. All of it is only a suggestion to the user, but a wish that could never be
 * granted is refused at once, where its maker sees it.
 * @throws `invalid_request`, `invalid_scope`
 */
export function askingOf ({ scope = '', device_name: name = '', datasets }: DeviceForm, { ip, user_agent: userAgent }: Device, { scope: most, proven }: DeviceClient): Asking {
  const wanted = scopeList(scope)
  const grants = datasets === undefined ? {} : grantsIn(datasets)
  const grantable = within(possible, most)
  if (![...wanted, ...[...permissionsIn(grants)].map(scopeOf)].every(item => grantable.has(item))) fail('invalid_scope')
  return {
    name: legible(name),
    ...(proven === undefined ? {} : { client: proven }),
    address: ip,
    userAgent: userAgent === null ? null : legible(userAgent),
    scope: scopeText(wanted),
    ...(most === undefined ? {} : { most: scopeText(grantable) }),
    datasets: Object.fromEntries(Object.entries(grants).map(([glob, words]): [string, Permission[]] => [glob, [...words]]))
  }
}
