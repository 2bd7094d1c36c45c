import { Type, type Static } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { scopeList, scopes } from '../access/scopes.js'
import { Username } from '../accounts/schema.js'
import { ScopeText } from '../sessions/schema.js'
import { clientKey, type ClientKey } from './client-assertion.js'
import { FIRST_PARTY, firstParty, type ConfidentialClient, type PublicClient } from './client.js'
import { SECRET_HASH } from './client-secret.js'
import { isGrantType } from './grants/types.js'

const SecretHash = Type.String({ pattern: SECRET_HASH })

/** A client as the operator writes it. */
const Entry = Type.Object({
  client_id: Type.String({ pattern: '^[A-Za-z0-9._~-]{1,64}$' }),
  name: Type.Optional(Type.String({ maxLength: 100 })),
  client_secret_hash: Type.Optional(Type.Union([SecretHash, Type.Array(SecretHash, { minItems: 1, maxItems: 2 })])),
  jwks: Type.Optional(Type.Object({ keys: Type.Array(Type.Record(Type.String(), Type.Unknown()), { minItems: 1, maxItems: 4 }) })),
  grant_types: Type.Array(Type.String(), { minItems: 1 }),
  scope: ScopeText,
  account: Type.Optional(Username)
}, { additionalProperties: false })
type Entry = Static<typeof Entry>

const check = TypeCompiler.Compile(Type.Array(Entry))

/** A client that the operator registered, with what its secrets or its assertions are checked against; a public one has neither. */
export interface Registered { client: PublicClient | ConfidentialClient, secretHashes: readonly string[], keys: readonly ClientKey[] }

/** The clients that there are besides API tokens, by their id. */
export type Registry = ReadonlyMap<string, Registered>

/** What a client of a registry may as the account of a user name: nothing, unless that is its account. */
export const actingScopeIn = (registry: Registry) => (id: string, username: string): ReadonlySet<string> | undefined => {
  const client = registry.get(id)?.client
  return client?.kind === 'confidential' && client.account === username ? client.scope : undefined
}

/**
 * Reads `OAUTH_CLIENTS`, a JSON array of clients.
 * @param extra scopes of the operator's own
 * @throws Error with a sentence for the operator, which repeats no value
 */
export function parseClients (text: string, extra: Iterable<string>): Registry {
  const found = text === '' ? [] : parseJson(text)
  if (!check.Check(found)) return refuse([...check.Errors(found)].map(({ path, message }) => `${path === '' ? 'it' : path} ${faultIn(message)}`))
  const known = new Set<string>([...scopes, ...extra])
  const faults = found.flatMap((entry, place) => faultsOf(entry, known).map(fault => `/${place} ${fault}`))
  if (new Set(found.map(entry => entry.client_id)).size < found.length) faults.push('a client_id is there twice')
  if (faults.length > 0) return refuse(faults)
  return new Map([[FIRST_PARTY, { client: firstParty, secretHashes: [], keys: [] }], ...found.map((entry): [string, Registered] => [entry.client_id, registered(entry)])])
}

const refuse = (faults: readonly string[]): never => { throw new Error(`OAUTH_CLIENTS must be a JSON array of clients (docs/guides/oauth-clients.md): ${[...new Set(faults)].slice(0, 5).join('; ')}`) }

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return refuse(['it is no JSON'])
  }
}

/** What TypeBox says, as a part of a sentence. */
const faultIn = (message: string): string => message === 'Unexpected property' ? 'is no member of a client' : message.replace(/^Expected/, 'must be')

function faultsOf ({ client_id: id, client_secret_hash: secret, jwks, grant_types: grants, scope, account }: Entry, known: ReadonlySet<string>): string[] {
  const alone = grants.includes('client_credentials')
  return [
    ...(id === FIRST_PARTY ? [`must not be ${FIRST_PARTY}, which is our own client`] : []),
    ...(grants.every(isGrantType) ? [] : ['has a grant type that there is not']),
    ...(scopeList(scope).every(item => known.has(item)) ? [] : ['has a scope that there is not']),
    ...(alone && secret === undefined && jwks === undefined ? ['needs a client_secret_hash or jwks for client_credentials'] : []),
    ...(secret !== undefined && jwks !== undefined ? ['has both a client_secret_hash and jwks'] : []),
    ...(jwks?.keys.every(isClientKey) === false ? ['has a key that is no public P-256, Ed25519 or RSA key'] : []),
    ...(alone === (account !== undefined) ? [] : ['has an account if, and only if, it has client_credentials'])
  ]
}

const isClientKey = (jwk: Readonly<Record<string, unknown>>): boolean => {
  try {
    clientKey(jwk)
    return true
  } catch {
    return false
  }
}

function registered ({ client_id: id, name, client_secret_hash: hashes = [], jwks, grant_types: grants, scope, account }: Entry): Registered {
  const [secretHashes, keys] = [[hashes].flat(), jwks?.keys.map(clientKey) ?? []]
  const common = { id, ...(name === undefined ? {} : { name }), grants: new Set(grants.filter(isGrantType)), scope: new Set(scopeList(scope)) }
  const isPublic = secretHashes.length + keys.length === 0
  return { client: isPublic ? { ...common, kind: 'public' } : { ...common, kind: 'confidential', account: account?.toLowerCase() }, secretHashes, keys }
}
