import * as argon2 from 'argon2'

export { argon2id } from 'argon2'
export const { verify } = argon2

type Options = Parameters<typeof argon2.hash>[1]

let isReal = false

/** Argon2 at its least: hashing with the parameters of production took a third of the suite's time. */
const least = (options: Options): Options => isReal ? options : { ...options, memoryCost: 8, timeCost: 1 }

export const hash = (password: string | Buffer, options: Options): Promise<string> => argon2.hash(password, least(options))
export const needsRehash = (hash: string, options: Options): boolean => argon2.needsRehash(hash, least(options))

/** From here to the end of the test passwords are hashed as in production: where the parameters or the time are what is tested. */
export function hashForReal (t: { teardown: (done: () => void) => void }): void {
  isReal = true
  t.teardown(() => { isReal = false })
}
