import * as argon2 from 'argon2'

export { argon2id } from 'argon2'
export const { needsRehash } = argon2

type Options = Parameters<typeof argon2.hash>[1]

/** Each password that was hashed, by the hash; the hash of each password, by its parameters. */
const passwords = new Map<string, string>()
const hashes = new Map<string, Promise<string>>()
let isReal = false

const remembered = async (password: string, options: Options): Promise<string> => {
  const hash = await argon2.hash(password, options)
  passwords.set(hash, password)
  return hash
}

/**
 * In the tests of one process a password is hashed once, with the parameters of production, and what is known of a
 * hash is not computed again: hashing took a third of the suite's time. Bytes are a decoy; one does for all.
 */
export function hash (password: string | Buffer, options: Options): Promise<string> {
  if (isReal) return argon2.hash(password, options)
  const key = JSON.stringify([options, typeof password === 'string' ? password : null])
  const known = hashes.get(key) ?? remembered(typeof password === 'string' ? password : password.toString('latin1'), options)
  hashes.set(key, known)
  return known
}

export async function verify (hash: string, password: string): Promise<boolean> {
  const known = isReal ? undefined : passwords.get(hash)
  return known === undefined ? await argon2.verify(hash, password) : known === password
}

/** From here to the end of the test every password is hashed and compared for real: where that is what is tested. */
export function hashForReal (t: { teardown: (done: () => void) => void }): void {
  isReal = true
  t.teardown(() => { isReal = false })
}
