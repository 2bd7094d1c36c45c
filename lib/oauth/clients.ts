import { fail } from '../errors.js'

/** The only client so far: the public one of our own frontends and scripts. */
const FIRST_PARTY = 'guardcell'

/** A client need not name itself. @throws `invalid_client` for one that is not known */
export function requireKnownClient (id: unknown): void {
  if (id !== undefined && id !== '' && id !== FIRST_PARTY) fail('invalid_client')
}
