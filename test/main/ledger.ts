/** What somebody may find under a name; null for nothing. */
export type Value = string | null

export type Changes = ReadonlyMap<string, Value>

/**
 * What a client knows of a service: each thing that it was told, and both the old and the new where an
 * answer did not come.
 */
export class Ledger {
  readonly #values = new Map<string, Set<Value>>()

  /** Asks for a change. @returns what the service answered, if it did */
  async change<T> (changes: Changes, ask: () => Promise<T>, isDone: (answer: T) => boolean): Promise<T> {
    for (const [key, value] of changes) this.#values.set(key, new Set([...this.#values.get(key) ?? [null], value]))
    const answer = await ask()
    if (isDone(answer)) for (const [key, value] of changes) this.#values.set(key, new Set([value]))
    return answer
  }

  /** The names that begin so. */
  under (beginning: string): string[] {
    return [...this.#values.keys()].filter(key => key.startsWith(beginning))
  }

  /** The names of what certainly is there. */
  get there (): string[] {
    return [...this.#values].filter(([, values]) => !values.has(null)).map(([key]) => key)
  }

  get size (): number { return this.#values.size }

  /** Compares everything with what is found, which then is what is known. @returns what is not as it should be */
  async verify (find: (key: string) => Promise<Value>): Promise<string[]> {
    const faults: string[] = []
    await Promise.all([...this.#values].map(async ([key, values]) => {
      const found = await find(key)
      if (!values.has(found)) faults.push(`${key}: ${found} instead of ${[...values].join(' or ')}`)
      this.#values.set(key, new Set([found]))
    }))
    return faults
  }
}
