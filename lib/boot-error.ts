/**
 * A reason why the service must not start. `faults` holds one sentence per fault, so that an operator
 * sees all of them at once instead of one per attempt; `main.ts` prints them and exits with code 1.
 */
export class BootError extends Error {
  readonly faults: readonly string[]

  constructor (faults: readonly string[], options?: ErrorOptions) {
    super(faults.join('\n'), options)
    this.name = 'BootError'
    this.faults = faults
  }
}
