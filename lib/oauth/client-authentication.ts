import type { Authenticate } from '../access/authenticate.js'
import { fail, Problem } from '../errors.js'
import type { Codec } from '../tokens/codec.js'
import { FIRST_PARTY, tokenClient, type Client } from './client.js'
import { clientNamedIn, refuseUnsigned, type ClientKey } from './client-assertion.js'
import { clientCredentialsIn, type ClientCredentials } from './client-credentials.js'
import { isClientSecret } from './client-secret.js'
import type { Registry } from './registry.js'
import type { Form } from './schema.js'

/** Finds out which client calls. @throws `invalid_client`, `invalid_request` */
export type AuthenticateClient = (authorization: string | undefined, form: Form) => Promise<Client>

interface Parts {
  registry: Registry
  codec: Pick<Codec, 'kindOf'>
  authenticate: Authenticate
  /** Verifies an assertion of a client. @throws `invalid_client` */
  checkAssertion: (assertion: string, id: string, keys: readonly ClientKey[]) => Promise<void>
}

/**
 * Client authentication (RFC 6749 section 2.3), the same at every endpoint. A client need not name itself: it
 * is our own, public one then. Which of name and secret is wrong is not told.
 */
export function createClientAuthentication ({ registry, codec, authenticate, checkAssertion }: Parts): AuthenticateClient {
  const byApiToken = async (id: string | undefined, token: string): Promise<Client> => {
    const principal = await authenticate(token).catch((error: unknown) => {
      if (error instanceof Problem && error.statusCode === 401) return fail('invalid_client', { cause: error, ...(error.extras.subject ? { subject: error.extras.subject } : {}) })
      throw error
    })
    return principal.kind === 'api' && principal.token === id ? tokenClient(principal) : fail('invalid_client')
  }

  const registered = ({ id = FIRST_PARTY, secret }: ClientCredentials): Client => {
    const found = registry.get(id)
    const refuse = (): never => fail('invalid_client', found ? { about: { client: id } } : {})
    if (secret === undefined) return found?.client.kind === 'public' ? found.client : refuse()
    return isClientSecret(secret, found?.secretHashes ?? []) ? found!.client : refuse()
  }

  const byAssertion = async (assertion: string, id: string | undefined): Promise<Client> => {
    const named = clientNamedIn(assertion)
    const found = named !== undefined && (id ?? named) === named ? registry.get(named) : undefined
    const { client, keys } = found ?? refuseUnsigned({})
    await checkAssertion(assertion, client.id, keys)
    return client
  }

  return async (authorization, form) => {
    const sent = clientCredentialsIn(authorization, form)
    if (sent.assertion !== undefined) return await byAssertion(sent.assertion, sent.id)
    if (sent.secret !== undefined && codec.kindOf(sent.secret) === 'api') return await byApiToken(sent.id, sent.secret)
    return registered(sent)
  }
}
