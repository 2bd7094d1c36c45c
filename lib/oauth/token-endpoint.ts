import type { TObject } from '@sinclair/typebox'
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler'
import type { Accounts } from '../accounts/service.js'
import { fail } from '../errors.js'
import type { TokenPair } from '../sessions/schema.js'
import type { Sessions } from '../sessions/service.js'
import type { Grant, TokenRequest } from './grants/grant.js'
import { passwordGrant } from './grants/password.js'
import { refreshTokenGrant } from './grants/refresh-token.js'
import { requireKnownClient } from './clients.js'
import type { Form, TokenResponse } from './schema.js'

interface Entry { grant: Grant, check: TypeCheck<TObject> }

const grants: ReadonlyMap<string, Entry> = new Map([passwordGrant, refreshTokenGrant].map(grant =>
  [grant.grantType, { grant: grant as unknown as Grant, check: TypeCompiler.Compile(grant.schema as TObject) }]))

/**
 * The token endpoint (RFC 6749 section 3.2): finds the grant first, so that an unknown one is told apart
 * from a malformed request, then validates the form with the grant's own schema.
 */
export const createTokenEndpoint = (services: { accounts: Accounts, sessions: Sessions }) =>
  async (sent: Form, request: TokenRequest): Promise<TokenResponse> => {
    refuseRepeated(sent)
    const form = withoutEmpty(sent)
    if (typeof form.grant_type !== 'string') return fail('invalid_request', { errors: [{ path: '/grant_type', message: 'is missing' }] })
    const entry = grants.get(form.grant_type)
    if (!entry) return fail('unsupported_grant_type')
    const { grant, check } = entry
    if (!check.Check(form)) return fail('invalid_request', { errors: [...check.Errors(form)].map(({ path, message }) => ({ path, message })).slice(0, 5) })
    requireKnownClient(form.client_id)
    return tokenResponse(await grant.exchange(services, form, request))
  }

/** A parameter without a value counts as omitted (RFC 6749 section 3.2). */
const withoutEmpty = (form: Form): Form => Object.fromEntries(Object.entries(form).filter(([, value]) => value !== ''))

function refuseRepeated (form: Form): void {
  const repeated = Object.keys(form).filter(name => typeof form[name] !== 'string')
  if (repeated.length > 0) fail('invalid_request', { errors: repeated.map(name => ({ path: `/${name}`, message: 'is repeated' })) })
}

const tokenResponse = (pair: TokenPair): TokenResponse => ({
  access_token: pair.access_token,
  token_type: pair.token_type,
  expires_in: pair.expires_in,
  refresh_token: pair.refresh_token,
  refresh_expires_in: pair.refresh_expires_in,
  scope: pair.scope
})
