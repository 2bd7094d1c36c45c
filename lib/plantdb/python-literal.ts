import { fail } from '../errors.js'
import { RawJson, scalarIn } from '../json/exact.js'

const DEEPEST = 100

const number = /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\w.])/y
const word = /(?:True|False|None)(?!\w)/y
const string = /'(?:[^'\\\n]|\\[^])*'|"(?:[^"\\\n]|\\[^])*"/y
const escape = /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([^]))/g

const words: Record<string, unknown> = { True: true, False: false, None: null }
/** Python's floats are doubles; its integers may be longer. */
const integer = /^-?(?:0|[1-9]\d*)$/

const numberIn = (text: string): unknown => integer.test(text) ? scalarIn(text) : Number(text)
const escaped: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', v: '\v', 0: '\0', '\\': '\\', "'": "'", '"': '"', '\n': '' }

const refuse = (): never => fail('invalid_request', { errors: [{ path: '/metadata', message: 'must be JSON or a Python dict' }] })

const character = (code: string): string => {
  const point = parseInt(code, 16)
  return point > 0x10ffff ? refuse() : String.fromCodePoint(point)
}

const unescaped = (text: string): string => text.replace(escape, (all, x?: string, u?: string, U?: string, one = '') => {
  const code = x ?? u ?? U
  return code === undefined ? escaped[one as string] ?? all : character(code)
})

/** Reads a Python literal from left to right. */
class Reader {
  readonly #text: string
  #at = 0
  #depth = 0

  constructor (text: string) {
    this.#text = text
  }

  whole (): unknown {
    const value = this.#value()
    this.#skip()
    return this.#at === this.#text.length ? value : refuse()
  }

  #skip (): void {
    while (/\s/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  /** Whether this sign is next; it is passed then. */
  #takes (sign: string): boolean {
    this.#skip()
    if (this.#text[this.#at] !== sign) return false
    this.#at++
    return true
  }

  #match (pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    this.#at += found?.length ?? 0
    return found
  }

  #value (): unknown {
    if (++this.#depth > DEEPEST) return refuse()
    const value = this.#takes('{') ? this.#dict() : this.#takes('[') ? this.#items(']').values : this.#takes('(') ? this.#tuple() : this.#scalar()
    this.#depth--
    return value
  }

  #scalar (): unknown {
    const text = this.#match(string)
    if (text !== undefined) return unescaped(text.slice(1, -1))
    const name = this.#match(word)
    return name === undefined ? numberIn(this.#match(number) ?? refuse()) : words[name]
  }

  #items (close: string): { values: unknown[], comma: boolean } {
    const values: unknown[] = []
    let comma = false
    while (!this.#takes(close)) {
      if (values.length > 0 && !comma) return refuse()
      values.push(this.#value())
      comma = this.#takes(',')
    }
    return { values, comma }
  }

  /** Parentheses around one value without a comma are no tuple. */
  #tuple (): unknown {
    const { values, comma } = this.#items(')')
    return values.length === 1 && !comma ? values[0] : values
  }

  #dict (): Record<string, unknown> {
    const members: Array<[string, unknown]> = []
    let comma = true
    while (!this.#takes('}')) {
      if (!comma) return refuse()
      const key = this.#scalar()
      const name = key instanceof RawJson ? key.text : key
      if (!['string', 'number'].includes(typeof name) || !this.#takes(':')) return refuse()
      members.push([String(name), this.#value()])
      comma = this.#takes(',')
    }
    return Object.fromEntries(members)
  }
}

/**
 * The value of a Python literal made of dicts, lists, tuples, strings, numbers, True, False and None, as
 * `parseExact` has it. Nothing is evaluated. Tuples become lists.
 * @throws `invalid_request`
 */
export const parsePython = (text: string): unknown => new Reader(text).whole()
