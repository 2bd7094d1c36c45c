// Whether an answer is one that the document promises.
import addFormats from 'ajv-formats'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { Document, Operation } from './requests.js'
import type { Received } from './send.js'
import type { Schema } from './values.js'

/** How a request is refused that reaches no route: by its header fields, or a path that a hostile segment has led astray. */
const beforeRoutes = /"code":"(?:headers_too_large|not_found|method_not_allowed|expectation_failed)"|"path":"\/headers\/host"/

/** @returns a function that says what is wrong with an answer, or undefined */
export function createJudge (document: Document) {
  const ajv = new Ajv2020({ strict: false, allErrors: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'openapi')
  const checks = new Map<Schema, ReturnType<Ajv2020['compile']>>()
  const checkOf = (schema: Schema): ReturnType<Ajv2020['compile']> => {
    const made = checks.get(schema) ?? ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/')) as object)
    checks.set(schema, made)
    return made
  }
  const problem: Schema = { $ref: '#/components/schemas/Problem' }

  /** What is wrong with a JSON body. */
  const fault = (body: Buffer, schema: Schema): string | undefined => {
    const check = checkOf(schema)
    return check(JSON.parse(body.toString())) ? undefined : ajv.errorsText(check.errors)
  }

  return ({ method, responses, stray }: Operation, { status, type, body }: Received): string | undefined => {
    if (status === 0) return `broken off: ${body.toString()}`
    if (status >= 500) return `${status} ${body.toString().slice(0, 300)}`
    if (stray) return undefined
    const [media = ''] = type.split(';')
    if (media === 'application/problem+json' && beforeRoutes.test(body.toString())) return fault(body, problem)
    const promised = responses[status] ?? responses[`${String(status)[0]}XX`]
    if (!promised) return `${status} is not promised: ${body.toString().slice(0, 300)}`
    if (method === 'HEAD' || status === 304 || status === 204) return body.length === 0 ? undefined : `${status} with a body`
    const { content } = promised
    if (!content) return body.length === 0 ? undefined : `${status} with a body that is not promised`
    const schema = content[media]?.schema
    if (!schema && !content['*/*']) return `${media || 'no media type'} is not promised for ${status}`
    return schema && /^application\/(?:problem\+)?json$/.test(media) ? fault(body, schema) : undefined
  }
}
