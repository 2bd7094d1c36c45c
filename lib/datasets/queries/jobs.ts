import { isTooDeep } from '../depth.js'
import { BadQuery, isObject, parseQuery } from './matcher.js'

/** A query and the documents to be looked through. */
export interface Job {
  query: string
  fuzzy: boolean
  /** The documents one after the other, as JSON. */
  bytes: Uint8Array
  /** Where each one ends. */
  ends: number[]
}

/** `bytes` has one byte for each document: 1 if it fits. A `refusal` says what is wrong with the query. */
export type Reply = { bytes: Uint8Array } | { refusal: string }

/** What a document holds; nothing if it cannot be understood. */
function membersIn (text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) && !isTooDeep(value) ? value : {}
  } catch {
    return {}
  }
}

/** Looks through documents; only what the query is to blame for becomes a refusal. */
export function perform ({ query, fuzzy, bytes, ends }: Job): Reply {
  try {
    const fits = parseQuery(query, fuzzy)
    const documents = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    return { bytes: Uint8Array.from(ends, (end, i) => fits(membersIn(documents.toString('utf8', ends[i - 1] ?? 0, end))) ? 1 : 0) }
  } catch (error) {
    if (error instanceof BadQuery) return { refusal: error.message }
    throw error
  }
}
