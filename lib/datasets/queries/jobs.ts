import { parseJson } from '../../json/read.js'
import { BadQuery, isObject, parseQuery } from './matcher.js'

/** JSON documents one after the other, and where each one ends. */
interface Documents { bytes: Uint8Array, ends: number[] }

/** Which documents fit a query: one byte for each of them, 1 if it fits. */
interface FindJob extends Documents { kind: 'find', query: string, fuzzy: boolean }
/** Some members of the documents, as a JSON array of objects. */
interface PickJob extends Documents { kind: 'pick', names: readonly string[] }

/** What is done with documents. */
export type Job = FindJob | PickJob

/** A `refusal` says what is wrong with the query. */
export type Reply = { bytes: Uint8Array } | { refusal: string }

/** Characters of a member, as JSON; one that is larger is not picked. */
const LARGEST_MEMBER = 8192

/** What a document holds; nothing if it cannot be understood. */
function membersIn (text: string): Record<string, unknown> {
  try {
    const value: unknown = parseJson(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

/** Members of a document, as a JSON object; small, whatever the document holds. */
export function pick (text: string, names: readonly string[]): string {
  const members = membersIn(text)
  const texts = names.filter(name => Object.hasOwn(members, name)).map(name => [name, JSON.stringify(members[name])] as const)
  return `{${texts.filter(([, value]) => value.length <= LARGEST_MEMBER).map(([name, value]) => `${JSON.stringify(name)}:${value}`).join()}}`
}

function textsIn ({ bytes, ends }: Documents): string[] {
  const documents = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return ends.map((end, i) => documents.toString('utf8', ends[i - 1] ?? 0, end))
}

/** Looks through documents; only what the query is to blame for becomes a refusal. */
export function perform (job: Job): Reply {
  if (job.kind === 'pick') return { bytes: Buffer.from(`[${textsIn(job).map(text => pick(text, job.names)).join()}]`) }
  try {
    const fits = parseQuery(job.query, job.fuzzy)
    return { bytes: Uint8Array.from(textsIn(job), text => fits(membersIn(text)) ? 1 : 0) }
  } catch (error) {
    if (error instanceof BadQuery) return { refusal: error.message }
    throw error
  }
}
