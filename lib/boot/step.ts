import { BootError } from '../boot-error.js'

/** Where a start says that it takes long. */
export interface StartLog { warn: (details: object, message: string) => void }

/** A part of a start that waits for something. */
export interface Step {
  /** What is done, at the beginning of a sentence. */
  name: string
  /** What to look at when it takes too long. */
  advice: string
  /** How long it may take, in milliseconds. */
  within: number
  log: StartLog
}

/** How often it is said that a part goes on, at most. */
const SAY_MS = 5_000

/**
 * Does one part of a start, and says now and then that it goes on.
 * @param work told by its signal when it was given up
 * @throws BootError when it takes longer than it may
 */
export async function step<T> ({ name, advice, within, log }: Step, work: (given: AbortSignal) => Promise<T>): Promise<T> {
  const began = performance.now()
  const saying = setInterval(() => {
    log.warn({ seconds: Math.round((performance.now() - began) / 1000), of: within / 1000 }, `${name} takes long`)
  }, Math.min(SAY_MS, within / 4))
  const given = new AbortController()
  let late: NodeJS.Timeout | undefined
  try {
    return await Promise.race([work(given.signal), new Promise<never>((_resolve, reject) => {
      late = setTimeout(() => {
        reject(new BootError([`${name} took longer than ${within / 1000} s: ${advice}`]))
        given.abort()
      }, within)
    })])
  } finally {
    clearInterval(saying)
    clearTimeout(late)
  }
}
