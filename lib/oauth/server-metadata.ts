import { scopes } from '../access/scopes.js'
import { proofAlgorithms } from '../dpop/proof-key.js'
import { fail } from '../errors.js'
import { authMethods } from './client-credentials.js'
import type { GrantType } from './grants/types.js'
import type { ServerMetadata } from './schema.js'

interface Parts {
  issuer: string
  /** Where clients reach the service, without a slash at the end. */
  publicUrl: string
  /** The grants that the token endpoint takes. */
  grants: readonly GrantType[]
  /** Scopes of the operator's own. */
  extraScopes: Iterable<string>
}

/** The path of an issuer that has one, without slashes around it. */
const pathOf = (issuer: string): string => /^https?:/i.test(issuer) ? new URL(issuer).pathname.replace(/^\/+|\/+$/g, '') : ''

const decoded = (path: string): string => {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/**
 * What clients need to know of the authorization server (RFC 8414 section 2). There is no authorization endpoint,
 * hence no response type.
 * @returns the document for a path that comes behind the well-known one: that of the issuer (section 3.1), or none, as a
 *   proxy asks that puts the issuer's path before ours. @throws `not_found` for another one
 */
export function createServerMetadata ({ issuer, publicUrl, grants, extraScopes }: Parts) {
  const secrets = authMethods.filter(method => method !== 'none')
  const document: ServerMetadata = {
    issuer,
    token_endpoint: `${publicUrl}/oauth/token`,
    token_endpoint_auth_methods_supported: [...authMethods],
    token_endpoint_auth_signing_alg_values_supported: proofAlgorithms,
    grant_types_supported: [...grants],
    response_types_supported: [],
    scopes_supported: [...scopes, ...extraScopes],
    introspection_endpoint: `${publicUrl}/oauth/introspect`,
    introspection_endpoint_auth_methods_supported: [...secrets, 'Bearer', 'DPoP'],
    introspection_endpoint_auth_signing_alg_values_supported: proofAlgorithms,
    revocation_endpoint: `${publicUrl}/oauth/revoke`,
    revocation_endpoint_auth_methods_supported: [...authMethods],
    revocation_endpoint_auth_signing_alg_values_supported: proofAlgorithms,
    device_authorization_endpoint: `${publicUrl}/oauth/device_authorization`,
    jwks_uri: `${publicUrl}/.well-known/jwks.json`,
    dpop_signing_alg_values_supported: proofAlgorithms,
    service_documentation: `${publicUrl}/docs`
  }
  const own = decoded(pathOf(issuer))
  return (path: string): ServerMetadata => path === '' || path === own ? document : fail('not_found')
}
