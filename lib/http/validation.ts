import { Ajv, type AnySchema, type Options, type ValidateFunction } from 'ajv'
import addFormats from 'ajv-formats'

const create = (options: Options): Ajv => {
  const ajv = new Ajv({ removeAdditional: false, useDefaults: true, allErrors: false, strict: false, ...options })
  addFormats.default(ajv)
  return ajv
}

const strict = create({ coerceTypes: false })
const coercing = create({ coerceTypes: true })

/** Compiles a schema when something is first validated, because most of what a start takes would be compiling. */
function lazily (compile: () => ValidateFunction): ValidateFunction {
  let compiled: ValidateFunction | undefined
  const validate = (data: unknown): boolean | Promise<unknown> => {
    compiled ??= compile()
    const verdict = compiled(data)
    Object.assign(validate, { errors: compiled.errors })
    return verdict
  }
  return validate as ValidateFunction
}

/**
 * Bodies are taken as they are: coercion would turn null into "" and "false" into false. Query, path and
 * headers are text by nature and are coerced.
 */
export const validatorCompiler = ({ schema, httpPart }: { schema: AnySchema, httpPart?: string }): ValidateFunction =>
  lazily(() => (httpPart === 'body' ? strict : coercing).compile(schema))
