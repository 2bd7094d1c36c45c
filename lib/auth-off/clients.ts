import { FIRST_PARTY } from '../oauth/client.js'
import type { AuthenticateClient } from '../oauth/client-authentication.js'
import { grantTypes } from '../oauth/grants/types.js'
import type { TheAdmin } from './admin.js'

/** Whatever client calls, with whatever secret, it is one that may do everything, as the admin where no user is there. */
export const createOpenClientAuthentication = (theAdmin: TheAdmin): AuthenticateClient => async () =>
  ({ id: FIRST_PARTY, kind: 'confidential', account: (await theAdmin()).username, grants: new Set(grantTypes), scope: undefined })
