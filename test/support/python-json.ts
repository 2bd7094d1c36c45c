import fc, { type Arbitrary } from 'fast-check'

/** A document by the texts of its parts: a scalar, a list, or an object by the texts of its names. */
export type Node = string | { items: Node[] } | { members: Array<[name: string, value: Node]> }

/** How Python's `json.dumps` is called: `indent`, and the separators that go with it. */
export interface Style { indent: string | undefined, comma: string, colon: string }

export const styles: Style[] = [
  { indent: '    ', comma: ',', colon: ': ' },
  { indent: '  ', comma: ',', colon: ': ' },
  { indent: undefined, comma: ', ', colon: ': ' },
  { indent: undefined, comma: ',', colon: ':' }
]

/** The text of a document as Python writes it. */
export function dumps (node: Node, style: Style, level = 0): string {
  if (typeof node === 'string') return node
  const inner = style.indent === undefined ? '' : `\n${style.indent.repeat(level + 1)}`
  const outer = style.indent === undefined ? '' : `\n${style.indent.repeat(level)}`
  const parts = 'items' in node
    ? node.items.map(item => dumps(item, style, level + 1))
    : node.members.map(([name, value]) => `${name}${style.colon}${dumps(value, style, level + 1)}`)
  const [open, close] = 'items' in node ? '[]' : '{}'
  return parts.length === 0 ? `${open}${close}` : `${open}${inner}${parts.join(style.comma + inner)}${outer}${close}`
}

/** A string with `ensure_ascii`, which is Python's default, or without. */
export const stringText = (value: string, ascii = true): string =>
  ascii ? JSON.stringify(value).replace(/[^\x20-\x7e]/g, unit => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) : JSON.stringify(value)

/** Scalars that a reader by way of doubles and a writer of its own would not give back as they were. */
export const oddScalars = ['NaN', 'Infinity', '-Infinity', '1700000000123456789', '-9223372036854775808', '18446744073709551615', '1.0', '-0.0', '-0', '1e400', '1e+16', '1E5', '1.50',
  '0.30000000000000004', '123456789012345678901234567890', '"\\u00e9"', '"\\/"', '"a\\\\"', '"\\ud800"', '"\\""', '"{[,:]}"', '"NaN"', '"x\\\\\\"NaN"']

const oddNames = ['10', '9', '1', '0', '__proto__', 'constructor', 'toString', 'é', '', 'a"b', 'c\\', 'd\n', 'NaN', '[', 'a/b']

const scalar = fc.oneof(
  fc.constantFrom(...oddScalars),
  fc.constantFrom('null', 'true', 'false', '0', '1', '""'),
  fc.integer().map(String),
  fc.bigInt({ min: -(2n ** 80n), max: 2n ** 80n }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.tuple(fc.string({ unit: 'grapheme', maxLength: 12 }), fc.boolean()).map(([value, ascii]) => stringText(value, ascii))
)
const name = fc.tuple(fc.oneof(fc.constantFrom(...oddNames), fc.string({ unit: 'grapheme', maxLength: 6 })), fc.boolean()).map(([value, ascii]) => stringText(value, ascii))

const { object } = fc.letrec<{ value: Node, list: Node, object: { members: Array<[string, Node]> } }>(tie => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('object')),
  list: fc.array(tie('value'), { maxLength: 4 }).map(items => ({ items })),
  object: fc.array(fc.tuple(name, tie('value')), { maxLength: 5 }).map(members => ({ members }))
}))

/** Objects; names come twice, too, as Python writes them for `{1: ..., "1": ...}`. */
export const documents: Arbitrary<{ members: Array<[string, Node]> }> = object

export const nameOf = (text: string): string => JSON.parse(text) as string

/** The text of the last member of a name. */
export const memberOf = ({ members }: { members: Array<[string, Node]> }, name: string): Node | undefined => members.findLast(([text]) => nameOf(text) === name)?.[1]

/** A document whose member has become another one, or none. Of those of the same name one is left. */
export function withMember (document: { members: Array<[string, Node]> }, name: string, value: Node | undefined): { members: Array<[string, Node]> } {
  const last = document.members.findLastIndex(([text]) => nameOf(text) === name)
  const members = document.members.flatMap((member, i): Array<[string, Node]> => {
    if (nameOf(member[0]) !== name) return [member]
    return i === last && value !== undefined ? [[member[0], value]] : []
  })
  return { members: last === -1 && value !== undefined ? [...members, [JSON.stringify(name), value]] : members }
}

/** The members of an object whose texts are scalars only, by their names; something like a diff of two documents. */
export const isObjectNode = (node: Node | undefined): node is { members: Array<[string, Node]> } => typeof node === 'object' && 'members' in node

/** A merge patch (RFC 7396) of scalars, as texts, and of nested patches; null takes away. */
export interface Patch { [name: string]: string | null | Patch }

/** What a merge patch makes of a document, text by text. */
export function merged (document: { members: Array<[string, Node]> }, patch: Patch): { members: Array<[string, Node]> } {
  return Object.entries(patch).reduce((document, [name, value]) => {
    if (value === null || typeof value === 'string') return withMember(document, name, value ?? undefined)
    const before = memberOf(document, name)
    const after = merged(isObjectNode(before) ? before : { members: [] }, value)
    const isSame = isObjectNode(before) && JSON.stringify(before) === JSON.stringify(after)
    return isSame ? document : withMember(document, name, after)
  }, document)
}
