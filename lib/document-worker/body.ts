import secureJson from 'secure-json-parse'
import { excessOf, type DocumentBudget } from '../datasets/document-budget.js'
import { fail } from '../errors.js'
import { isObject } from '../json/exact.js'
import { isDeep, withoutWords } from '../json/read.js'
import { memberIn } from '../json/scan.js'

/** @property member where in the body the metadata are; undefined if they are all of it */
interface Body { text: string, member: string | undefined, budget: DocumentBudget, /** What is said of a body with too many values. */ tooMany: string }

/** @property rest the JSON of the body with `{}` for its metadata; undefined if it is metadata itself @property text the metadata; undefined if there is no object */
export interface OpenedBody { rest: string | undefined, text: string | undefined, isDeep: boolean }

/**
 * Looks into a large body with metadata, which stay a text.
 * @throws SyntaxError, also for names that could change prototypes; `body_too_large`
 */
export function openBody ({ text, member, budget, tooMany }: Body): OpenedBody {
  if (excessOf(text, budget) !== undefined) return fail('body_too_large', { errors: [{ path: '', message: tooMany }] })
  const value: unknown = secureJson.parse(withoutWords(text))
  const metadata = member === undefined ? value : isObject(value) && Object.hasOwn(value, member) ? value[member] : undefined
  const rest = member === undefined ? undefined : JSON.stringify(isObject(metadata) ? { ...value as object, [member]: {} } : value)
  if (!isObject(metadata)) return { rest: rest ?? '[]', text: undefined, isDeep: false }
  const own = member === undefined ? text : memberIn(text, member)!
  return { rest, text: own, isDeep: isDeep(own) }
}
