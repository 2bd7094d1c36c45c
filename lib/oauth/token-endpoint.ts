import type { TObject } from '@sinclair/typebox'
import { TypeCompiler, type TypeCheck } from '@sinclair/typebox/compiler'
import { fail } from '../errors.js'
import type { AuthenticateClient } from './client-authentication.js'
import { checkForm, parametersOf } from './form.js'
import { clientCredentialsGrant } from './grants/client-credentials.js'
import { deviceCodeGrant } from './grants/device-code.js'
import type { Grant, GrantServices, TokenRequest } from './grants/grant.js'
import { passwordGrant } from './grants/password.js'
import { refreshTokenGrant } from './grants/refresh-token.js'
import type { GrantType } from './grants/types.js'
import type { Form, TokenResponse } from './schema.js'

interface Entry { grant: Grant, check: TypeCheck<TObject> }

const grants: ReadonlyMap<GrantType, Entry> = new Map([passwordGrant, refreshTokenGrant, clientCredentialsGrant, deviceCodeGrant].map((grant): [GrantType, Entry] =>
  [grant.grantType, { grant: grant as unknown as Grant, check: TypeCompiler.Compile(grant.schema as TObject) }]))

/** The grants that the token endpoint takes. @param refreshes whether there are refresh tokens */
export const offeredGrants = (refreshes: boolean): GrantType[] =>
  [...grants.keys()].filter(name => refreshes || name !== refreshTokenGrant.grantType)

/**
 * The token endpoint (RFC 6749 section 3.2): finds the grant first, so that one that is unknown or not offered
 * is told apart from a malformed request, then validates the form with the grant's own schema.
 */
export const createTokenEndpoint = ({ offered, ...services }: GrantServices & { authenticateClient: AuthenticateClient, offered: readonly GrantType[] }) =>
  async (sent: Form, request: TokenRequest): Promise<TokenResponse> => {
    const form = parametersOf(sent)
    if (typeof form.grant_type !== 'string') return fail('invalid_request', { errors: [{ path: '/grant_type', message: 'is missing' }] })
    const type = offered.find(name => name === form.grant_type) ?? fail('unsupported_grant_type')
    const { grant, check } = grants.get(type)!
    const body = checkForm(check, form)
    const client = await services.authenticateClient(request.authorization, form)
    if (!client.grants.has(grant.grantType)) return fail('unauthorized_client', { about: { client: client.id } })
    return await grant.exchange(services, body, { ...request, client })
  }
