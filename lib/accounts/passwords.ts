import { argon2id, hash, needsRehash, verify } from 'argon2'
import { randomBytes } from 'node:crypto'
import pLimit from 'p-limit'
import { fail } from '../errors.js'
import { opaqueString } from './opaque-string.js'

/** Argon2id with the first choice of the OWASP cheat sheet's list that fits many logins: 19 MiB, two passes. */
const PARAMETERS = { type: argon2id, memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 } as const

const LONGEST_LINE = 500

/** Hashes passwords, a few at a time, so that a rush of logins can neither stall the service nor eat its memory. */
export interface Passwords {
  /** @throws `overloaded` when too many wait already */
  hash: (password: string) => Promise<string>
  /**
   * Compares a password with a hash in PHC form. Without a hash it takes the same time and answers false.
   * @param stillAllowed asked when the turn has come, just before the work; throws to refuse it
   */
  verify: (hash: string | undefined, password: string, stillAllowed?: () => Promise<void>) => Promise<Match>
}

/** How a password matches a hash; `outdated` if the hash is not the one that would be made of it today. */
export type Match = 'none' | 'current' | 'outdated'

/** @param concurrency how many passwords are hashed at the same time */
export async function createPasswords (concurrency: number): Promise<Passwords> {
  const limit = pLimit(concurrency)
  const decoy = await hash(randomBytes(16), PARAMETERS)

  const inLine = <T>(work: () => Promise<T>): Promise<T> => {
    if (limit.pendingCount >= LONGEST_LINE) return fail('overloaded', { retryAfter: 5 })
    return limit(work)
  }

  return {
    hash: password => inLine(() => hash(opaqueString(password), PARAMETERS)),
    verify: (known, password, stillAllowed) => inLine(async () => {
      await stillAllowed?.()
      const normal = opaqueString(password)
      const matches = await verify(known ?? decoy, normal)
      // Hashes of before this form, and PlantDB's, are of what was typed.
      const matchesTyped = !matches && normal !== password && await verify(known ?? decoy, password)
      if (known === undefined || !(matches || matchesTyped)) return 'none'
      return matchesTyped || needsRehash(known, PARAMETERS) ? 'outdated' : 'current'
    })
  }
}
