import { isObject, RawJson, scalarIn, stringify } from './exact.js'
import { DEEPEST } from './read.js'
import { endOfValue, isOpening, skipSpace, walk } from './scan.js'

/** What a value has become: its new text, or none where it says the same already. */
interface Outcome { end: number, text?: string }

/** A member or an item of the text: from the bracket or comma before it to the end of its value; `trail` are the spaces after it. */
interface Part { name: string, from: number, end: number, trail: string, text: string, isChanged: boolean, isGone: boolean }

/** How a text is laid out: the spaces of a level, and what stands before the member that is being looked at. */
interface Layout { unit: string, lead: string, depth: number, keepsShown: boolean }

/** The last line break of what stands before something, with the spaces after it; nothing if all is on one line. */
export const lineOf = (lead: string): string => /\r?\n[^\n]*$/.exec(lead)?.[0] ?? ''

const written = (value: unknown, lead: string, unit: string): string => {
  const line = lineOf(lead)
  return line === '' ? stringify(value) : stringify(value, unit).replaceAll('\n', line)
}

/** What clients were shown of a scalar; see `strictJson`. */
const shownOf = (scalar: unknown): unknown => {
  if (!(scalar instanceof RawJson)) return scalar
  return /^-?\d/.test(scalar.text) ? Number(scalar.text) : null
}

function isSame (text: string, value: unknown, { depth, keepsShown }: Layout): boolean {
  if (value instanceof RawJson) return value.text === text
  if (isOpening(text.charCodeAt(0))) return keepsShown && value === null && depth >= DEEPEST
  const scalar = scalarIn(text)
  return scalar === value || (keepsShown && shownOf(scalar) === value)
}

/** Puts parts together again, and what stands between them and before the end. */
function joined (text: string, parts: readonly Part[], { at, end, added = [], layout }: { at: number, end: number, added?: string[], layout: Layout }): string {
  const [first, last] = [parts[0], parts.at(-1)]
  const kept = parts.filter(({ isGone }) => !isGone)
  const texts = kept.map((part, i) => part.text + (i < kept.length - 1 ? part.trail : ''))
  // What has become the first stands where the first stood.
  if (first?.isGone && texts[0] !== undefined) texts[0] = text.slice(first.from, skipSpace(text, first.from)) + texts[0].trimStart()
  const all = [...texts, ...added]
  const close = last ? text.slice(last.end, end - 1) : lineOf(layout.lead)
  return text.charAt(at) + (all.length === 0 ? '' : all.join(',') + close) + text.charAt(end - 1)
}

/** Goes through members or items. @param become tells what of a value becomes what, or that it goes away */
function partsOf (text: string, at: number, layout: Layout, become: (name: string, index: number) => { value: unknown } | undefined): { parts: Part[], end: number } {
  const parts: Part[] = []
  const end = walk(text, at, (value, from, name) => {
    const before = parts.at(-1)
    if (before) before.trail = text.slice(before.end, from - 1)
    const wanted = become(name, parts.length)
    const lead = text.slice(from, skipSpace(text, from))
    const { end, text: changed } = wanted ? rewriteAt(text, value, wanted.value, { ...layout, lead, depth: layout.depth + 1 }) : { end: endOfValue(text, value) }
    parts.push({ name, from, end, trail: '', text: changed === undefined ? text.slice(from, end) : text.slice(from, value) + changed, isChanged: changed !== undefined, isGone: !wanted })
    return end
  })
  return { parts, end }
}

const isTouched = (parts: readonly Part[]): boolean => parts.some(({ isChanged, isGone }) => isChanged || isGone)

/** What to put before and after the name of a new member, as it is done beside it. */
function styleOf (text: string, at: number, parts: readonly Part[], { lead, unit }: Layout): { lead: string, colon: string } {
  const last = parts.at(-1)
  if (!last) return { lead: lineOf(lead) && lineOf(lead) + unit, colon: ': ' }
  const name = skipSpace(text, last.from)
  const colon = /^"(?:[^"\\]|\\.)*"(\s*:\s*)/s.exec(last.text.slice(name - last.from))?.[1] ?? ': '
  const before = text.slice(last.from, name)
  return { lead: parts.length === 1 && lineOf(before) === '' && last.from === at + 1 && colon.endsWith(' ') ? ' ' : before, colon }
}

/** Of members of the same name the last one counts; the others stay for as long as it does. @returns the names */
function settleDoubles (text: string, parts: readonly Part[]): ReadonlySet<string> {
  const lasts = new Map(parts.map(part => [part.name, part]))
  for (const part of parts) {
    const last = lasts.get(part.name)!
    if (part === last) continue
    part.isGone = last.isGone || last.isChanged
    part.isChanged = false
    part.text = text.slice(part.from, part.end)
  }
  return new Set(lasts.keys())
}

function rewriteObject (text: string, at: number, wanted: Record<string, unknown>, layout: Layout): Outcome {
  const { parts, end } = partsOf(text, at, layout, name => Object.hasOwn(wanted, name) ? { value: wanted[name] } : undefined)
  const names = settleDoubles(text, parts)
  const news = Object.entries(wanted).filter(([name, value]) => !names.has(name) && value !== undefined)
  if (news.length === 0 && !isTouched(parts)) return { end }
  const { lead, colon } = styleOf(text, at, parts, layout)
  const isFirst = parts.every(({ isGone }) => isGone)
  const added = news.map(([name, value], i) => `${isFirst && i === 0 && lineOf(lead) === '' ? '' : lead}${JSON.stringify(name)}${colon}${written(value, lead, layout.unit)}`)
  return { end, text: joined(text, parts, { at, end, added, layout }) }
}

/** A list of the same length keeps its items; another one is another list. */
function rewriteList (text: string, at: number, wanted: readonly unknown[], layout: Layout): Outcome {
  const { parts, end } = partsOf(text, at, layout, (_name, index) => ({ value: wanted[index] }))
  if (parts.length !== wanted.length) return { end, text: written(wanted, layout.lead, layout.unit) }
  return isTouched(parts) ? { end, text: joined(text, parts, { at, end, layout }) } : { end }
}

function rewriteAt (text: string, at: number, value: unknown, layout: Layout): Outcome {
  const first = text.charAt(at)
  if (first === '{' && isObject(value)) return rewriteObject(text, at, value, layout)
  if (first === '[' && Array.isArray(value)) return rewriteList(text, at, value, layout)
  const end = endOfValue(text, at)
  return isSame(text.slice(at, end), value, layout) ? { end } : { end, text: written(value, layout.lead, layout.unit) }
}

/**
 * The text of an object that has become another one. What says the same as before keeps its text: names, order,
 * digits, escapes and spaces. What is new is laid out like the rest, as PlantDB does it (four spaces) where there
 * is no rest.
 *
 * @param text an object as `checkJson` lets it pass
 * @param value what it is to be, made of what `parseExact` says of the text
 * @param keepsShown whether a value that says no more than what clients were shown (`strictJson`, doubles) is to be taken for the one that is there
 */
export function rewriteJson (text: string, value: Record<string, unknown>, { keepsShown = false } = {}): string {
  const at = skipSpace(text, 0)
  const first = skipSpace(text, at + 1)
  const isEmpty = text.charAt(first) === '}'
  const line = lineOf(text.slice(at + 1, first))
  const unit = isEmpty ? '    ' : line.replace(/^\r?\n/, '')
  const { end, text: changed } = rewriteAt(text, at, value, { unit, lead: isEmpty || line !== '' ? '\n' : '', depth: 0, keepsShown })
  return changed === undefined ? text : text.slice(0, at) + changed + text.slice(end)
}
