/** Characters of a JSON text, and bytes of a document, that are worked on in the main thread. */
export const SMALL = 16 * 1024

/**
 * A JSON object that stays a text, because it is large: whoever needs its members has them looked up in another
 * thread. It is as `parseExact` takes it, and has no names that change prototypes.
 */
export class JsonText {
  readonly text: string
  /** Whether it is nested more deeply than documents are read. */
  readonly isDeep: boolean
  constructor (text: string, isDeep: boolean) {
    this.text = text
    this.isDeep = isDeep
  }
}
