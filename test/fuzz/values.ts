// Values for the requests: what a schema allows, what it just does not, and what means harm.
import fc from 'fast-check'

export interface Schema {
  $ref?: string
  type?: string | string[]
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  oneOf?: Schema[]
  properties?: Record<string, Schema>
  required?: string[]
  additionalProperties?: boolean | Schema
  items?: Schema
  pattern?: string
  format?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  maxItems?: number
}

/** Strings that have broken other services. */
export const hostileText = fc.oneof(
  fc.constantFrom('', ' ', '.', '..', '../../etc/passwd', '..\\..\\x', '\u0000', 'a\u0000b', '%00', '%2e%2e%2f', '\u202e', '\ud800', 'İ', 'ﬀ', '__proto__', 'constructor', 'toString',
    'null', 'true', '-1', '1e309', 'NaN', '0x10', '9'.repeat(400), '{}', '[]', '"', "' or 1=1 --", '<script>', '$(id)', '*', '(a+)+$', '/'.repeat(300), '\r\nx-injected: 1', 'é'.repeat(300), '😀'),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.nat({ max: 20_000 }).map(length => 'x'.repeat(length))
)

const depth = fc.nat({ max: 150 }).map(levels => '['.repeat(levels) + ']'.repeat(levels)).map(text => JSON.parse(text === '' ? '0' : text) as unknown)

/** A JSON value that no schema asked for. */
export const hostileJson: fc.Arbitrary<unknown> = fc.oneof(
  hostileText, fc.jsonValue({ maxDepth: 3 }), depth,
  fc.constantFrom<unknown>(null, true, 0, -1, 1.5, 1e308, -0, Number.MAX_SAFE_INTEGER + 2, [], {}, [null], { __proto__: null, constructor: 1 })
)

const texts = ({ pattern, format, minLength = 0, maxLength }: Schema): fc.Arbitrary<string> => {
  if (format === 'date-time') return fc.date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true }).map(date => date.toISOString())
  if (format === 'email') return fc.stringMatching(/^[a-z]{1,8}$/).map(name => `${name}@lab.example`)
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern, 'u'), { size: 'small' })
  return fc.string({ minLength, maxLength: Math.min(maxLength ?? 20, minLength + 20) })
}

const numbers = (whole: boolean, { minimum = -1_000, maximum = 1_000_000 }: Schema): fc.Arbitrary<number> =>
  whole ? fc.integer({ min: Math.ceil(minimum), max: Math.min(Math.floor(maximum), 2 ** 31 - 1) }) : fc.double({ min: minimum, max: maximum, noNaN: true })

/** Arbitraries of what schemas allow, as far as these say it. */
export function createValues (resolve: (ref: string) => Schema) {
  const objects = ({ properties = {}, required = [], additionalProperties }: Schema): fc.Arbitrary<unknown> => {
    const known = fc.record(Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valid(schema)])), { requiredKeys: required })
    if (typeof additionalProperties !== 'object' && Object.keys(properties).length > 0) return known
    const others = fc.dictionary(fc.stringMatching(/^[a-z*?-]{1,6}$/), typeof additionalProperties === 'object' ? valid(additionalProperties) : fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
    return fc.tuple(others, known).map(([more, own]) => ({ ...more, ...own }))
  }

  const byType: Readonly<Record<string, (schema: Schema) => fc.Arbitrary<unknown>>> = {
    object: objects,
    array: ({ items = {}, maxItems = 4 }) => fc.array(valid(items), { maxLength: Math.min(maxItems, 4) }),
    string: texts,
    integer: schema => numbers(true, schema),
    number: schema => numbers(false, schema),
    boolean: () => fc.boolean(),
    null: () => fc.constant(null)
  }

  const valid = (schema: Schema): fc.Arbitrary<unknown> => {
    if (schema.$ref !== undefined) return valid(resolve(schema.$ref))
    if ('const' in schema) return fc.constant(schema.const)
    if (schema.enum) return fc.constantFrom(...schema.enum)
    const several = schema.anyOf ?? schema.oneOf
    if (several) return fc.oneof(...several.map(valid))
    const types = [schema.type ?? []].flat()
    return types.length === 0 ? fc.jsonValue({ maxDepth: 2 }) : fc.oneof(...types.map(type => byType[type]!(schema)))
  }

  return { valid }
}
