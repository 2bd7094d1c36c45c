import { RE2JS } from 're2js'
import { parseJson } from '../../json/read.js'

type Json = Record<string, unknown>

/** Whether a value of a document fits what is asked for. */
type Matcher = (value: unknown) => boolean

/** Why a query is refused. */
export class BadQuery extends Error {
  override readonly name = 'BadQuery'
}

/** Bounds of what a query may ask. Errors and `docs/config.md` name them. */
export const queryBounds = {
  /** Levels of the query. */
  depth: 32,
  /** Characters of a pattern. */
  pattern: 200,
  /** Instructions of all patterns of a query together, as RE2 compiles them. */
  instructions: 1000
}

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

interface Reading { fuzzy: boolean, /** What the patterns so far have been compiled to. */ instructions: number }

const refuse = (message: string): never => { throw new BadQuery(message) }

function compile (pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern)
  } catch {
    return refuse('a pattern is no regular expression that is understood')
  }
}

/** The beginning of a text, as Python's `re.match`; in time that grows with text times pattern only (RE2). */
function startsLike (pattern: string, reading: Reading): Matcher {
  if (pattern.length > queryBounds.pattern) return refuse(`patterns have at most ${queryBounds.pattern} characters`)
  if (/^[\w -]*$/.test(pattern)) return value => typeof value === 'string' && value.startsWith(pattern)
  const compiled = compile(pattern)
  reading.instructions += compiled.matcher('').programSize()
  if (reading.instructions > queryBounds.instructions) return refuse(`the patterns have more than ${queryBounds.instructions} instructions together: they are too long or repeat too much`)
  return value => typeof value === 'string' && compiled.matcher(value).lookingAt()
}

/** Every item somewhere in the list. What need only be equal is looked up, not compared with one after the other. */
function holdsAll (wanted: readonly unknown[], depth: number, reading: Reading): Matcher {
  const isPlain = (item: unknown): boolean => item === null || (typeof item !== 'object' && !(reading.fuzzy && typeof item === 'string'))
  const plain = wanted.filter(isPlain)
  const others = wanted.filter(item => !isPlain(item)).map(item => matcherOf(item, depth + 1, reading))
  return value => {
    if (!Array.isArray(value)) return false
    const held = plain.length > 0 ? new Set<unknown>(value) : undefined
    return plain.every(item => held?.has(item)) && others.every(fits => value.some(fits))
  }
}

function matcherOf (wanted: unknown, depth: number, reading: Reading): Matcher {
  if (depth > queryBounds.depth) return refuse('is nested too deeply')
  if (isObject(wanted)) {
    const members = Object.entries(wanted).map(([key, value]) => [key, matcherOf(value, depth + 1, reading)] as const)
    return value => isObject(value) && members.every(([key, fits]) => Object.hasOwn(value, key) && fits(value[key]))
  }
  if (Array.isArray(wanted)) return holdsAll(wanted, depth, reading)
  return reading.fuzzy && typeof wanted === 'string' ? startsLike(wanted, reading) : value => value === wanted
}

/**
 * Whether a document holds what a query asks for: members by name and recursively, each item of a list somewhere
 * in the list, all else equal. With `fuzzy` texts are regular expressions that the value must begin with.
 * (PlantDB's `partial_match`.)
 * @param text a JSON object
 * @throws BadQuery
 */
export function parseQuery (text: string, fuzzy: boolean): Matcher {
  let wanted: unknown
  try {
    wanted = parseJson(text)
  } catch {
    return refuse('must be JSON')
  }
  return isObject(wanted) ? matcherOf(wanted, 0, { fuzzy, instructions: 0 }) : refuse('must be a JSON object')
}
