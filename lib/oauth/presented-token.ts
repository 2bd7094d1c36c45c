import { Type } from '@sinclair/typebox'
import { TypeCompiler } from '@sinclair/typebox/compiler'
import { Problem } from '../errors.js'
import type { ApiClaims, ClaimsOf, RefreshClaims } from '../tokens/claims.js'
import type { Codec } from '../tokens/codec.js'
import { checkForm } from './form.js'
import type { Form } from './schema.js'

/** A token that somebody asks about, with what it says of itself. */
export type PresentedToken =
  | { kind: 'access', claims: ClaimsOf['access'] }
  | { kind: 'refresh', claims: RefreshClaims }
  | { kind: 'api', claims: ApiClaims }

const check = TypeCompiler.Compile(Type.Object({ token: Type.String({ minLength: 1 }), token_type_hint: Type.Optional(Type.String()) }))

/**
 * The token in a form of RFC 7009 or RFC 7662. It says itself of which kind it is, so the hint is not needed.
 * @throws `invalid_request`
 */
export const tokenIn = (form: Form): string => checkForm(check, form).token

/** Reads a token of any kind; undefined for one that is not ours or has expired, except a refresh token. */
export async function readToken (codec: Codec, token: string): Promise<PresentedToken | undefined> {
  await codec.ready(token)
  const kind = codec.kindOf(token)
  try {
    return kind === undefined ? undefined : { kind, claims: codec.verify(kind, token) } as PresentedToken
  } catch (error) {
    if (error instanceof Problem && error.statusCode < 500) return undefined
    throw error
  }
}
