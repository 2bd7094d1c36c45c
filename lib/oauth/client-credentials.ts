import { fail } from '../errors.js'
import { ASSERTION_TYPE } from './client-assertion.js'
import type { Form } from './schema.js'

/** Who a client says it is, and what it shows for it. */
export interface ClientCredentials { id: string | undefined, secret: string | undefined, assertion: string | undefined }

/** How a client may show who it is (RFC 7591 section 2); `none` is for public ones. */
export const authMethods = ['none', 'client_secret_basic', 'client_secret_post', 'private_key_jwt'] as const

const BASIC = /^basic(?: +(.*))?$/is
const CREDENTIALS = /^[A-Za-z0-9+/]+={0,2}$/

/** RFC 6749 appendix B. */
const formDecoded = (text: string): string => decodeURIComponent(text.replaceAll('+', ' '))

const text = (value: unknown): string | undefined => typeof value === 'string' ? value : undefined

/** RFC 6749 section 2.3.1: both parts are encoded as in a form before they are put together. */
function inBasic (encoded: string): Omit<ClientCredentials, 'assertion'> {
  if (!CREDENTIALS.test(encoded)) return fail('invalid_client')
  const [, id, secret] = /^([^:]*):(.*)$/s.exec(Buffer.from(encoded, 'base64').toString('utf8')) ?? []
  try {
    return { id: formDecoded(id ?? fail('invalid_client')), secret: formDecoded(secret ?? '') || undefined }
  } catch (error) {
    if (error instanceof URIError) return fail('invalid_client')
    throw error
  }
}

/** RFC 7521 section 4.2: an assertion says itself who it is of. */
function inAssertion ({ client_assertion: assertion, client_assertion_type: type }: Form): string | undefined {
  if (assertion === undefined && type === undefined) return undefined
  return type === ASSERTION_TYPE ? text(assertion) ?? fail('invalid_client') : fail('invalid_client')
}

const refuse = (path: string, message: string): never => fail('invalid_request', { errors: [{ path, message }] })

/**
 * The credentials of a client in the header (`client_secret_basic`), or in the form as a secret (`client_secret_post`)
 * or as an assertion (`private_key_jwt`). Other schemes of the header are for somebody else.
 * @throws `invalid_client` for what is of no good form, `invalid_request` for two ways at once (RFC 6749 section 2.3)
 */
export function clientCredentialsIn (authorization: string | undefined, form: Form): ClientCredentials {
  const posted = { id: text(form.client_id), secret: text(form.client_secret), assertion: inAssertion(form) }
  const [basic, encoded = ''] = BASIC.exec(authorization ?? '') ?? []
  if (posted.assertion !== undefined && posted.secret !== undefined) return refuse('/client_secret', 'is there beside an assertion')
  if (basic === undefined) return posted
  const sent = inBasic(encoded)
  if (posted.secret !== undefined) return refuse('/client_secret', 'is there beside the header')
  if (posted.assertion !== undefined) return refuse('/client_assertion', 'is there beside the header')
  if (posted.id !== undefined && posted.id !== sent.id) return refuse('/client_id', 'is not the one in the header')
  return { ...sent, assertion: undefined }
}
