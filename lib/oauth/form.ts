import type { Static, TObject } from '@sinclair/typebox'
import type { TypeCheck } from '@sinclair/typebox/compiler'
import { fail } from '../errors.js'
import type { Form } from './schema.js'

/**
 * The parameters of a form (RFC 6749 section 3.2): one without a value counts as omitted.
 * @throws `invalid_request` where one was sent twice
 */
export function parametersOf (sent: Form): Form {
  const repeated = Object.keys(sent).filter(name => typeof sent[name] !== 'string')
  if (repeated.length > 0) fail('invalid_request', { errors: repeated.map(name => ({ path: `/${name}`, message: 'is repeated' })) })
  return Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== ''))
}

/** @throws `invalid_request` for parameters that the schema does not take */
export function checkForm<T extends TObject> (check: TypeCheck<T>, form: Form): Static<T> {
  if (check.Check(form)) return form
  return fail('invalid_request', { errors: [...check.Errors(form)].map(({ path, message }) => ({ path, message })).slice(0, 5) })
}
