import type { UserPrincipal } from '../access/authorize.js'
import { scopeList, scopeText } from '../access/scopes.js'
import { fail } from '../errors.js'
import { expiryOf } from './expiry.js'
import { checkGrants, grantsText, permissionsIn, type Grants } from './grants.js'
import type { NewToken } from './issuance.js'
import type { NewApiToken } from './schema.js'

const LARGEST_META = 2048

/** The scope of a token: what its permissions need, or what is asked for, of what its owner has. */
function scopeFor (owner: UserPrincipal, grants: Grants, asked: string | undefined): string {
  const needed = [...permissionsIn(grants)].map(permission => `datasets:${permission}`)
  if (!needed.every(owner.may)) return fail('api_token_too_wide')
  const wanted = asked === undefined ? needed : scopeList(asked)
  if (!wanted.every(owner.may)) return fail('insufficient_scope', { scope: scopeText(wanted) })
  return scopeText(wanted)
}

function checkMeta (meta: Record<string, unknown>): Record<string, unknown> {
  if (JSON.stringify(meta).length > LARGEST_META) fail('invalid_request', { errors: [{ path: '/meta', message: `must not take more than ${LARGEST_META} bytes` }] })
  return meta
}

/**
 * What a user wants a token to be, as it is going to be kept; nothing in it goes beyond what they may do.
 * @param now milliseconds since the epoch
 * @throws `api_token_too_wide`, `insufficient_scope`, `api_token_grants_invalid`, `expiry_in_past`, `expiry_too_far`, `invalid_request`
 */
export function checkWanted (owner: UserPrincipal, wanted: NewApiToken, now: number): Omit<NewToken, 'id'> {
  const { name, datasets, meta = {}, replace = false } = wanted
  const grants = checkGrants(datasets)
  const scope = scopeFor(owner, grants, wanted.scope)
  return { name, datasets: grantsText(grants), scope, meta: checkMeta(meta), expires: expiryOf(wanted, now), replace }
}
