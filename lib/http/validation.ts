import { Ajv, type AnySchema, type Options, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'

const create = (options: Options): Ajv => {
  const ajv = new Ajv({ removeAdditional: false, useDefaults: true, allErrors: false, strict: false, ...options })
  addFormats.default(ajv)
  return ajv
}

/**
 * Bodies are taken as they are: coercion would turn null into "" and "false" into false. Query, path and
 * headers are text by nature and are coerced.
 */
export function createValidatorCompiler () {
  const strict = create({ coerceTypes: false })
  const coercing = create({ coerceTypes: true })
  return ({ schema, httpPart }: { schema: AnySchema, httpPart?: string }): ValidateFunction =>
    (httpPart === 'body' ? strict : coercing).compile(schema)
}
