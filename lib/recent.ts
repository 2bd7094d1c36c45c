/** A map that keeps about the last `most` entries that were set: two halves, of which the older one is dropped. */
export class Recent<V> {
  readonly #half: number
  #young = new Map<string, V>()
  #old = new Map<string, V>()

  constructor (most: number) {
    this.#half = Math.ceil(most / 2)
  }

  get (key: string): V | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  set (key: string, value: V): void {
    if (this.#young.size >= this.#half && !this.#young.has(key)) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, value)
  }

  delete (key: string): void {
    this.#young.delete(key)
    this.#old.delete(key)
  }
}
