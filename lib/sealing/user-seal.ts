import type { Secrets } from '../keys/secrets.js'
import { sealWith, secretOf, userKeyOf, type Seal } from './seal.js'

const FIELD = 'former key'

/** Keys of one user under former secrets, sealed under the one in use, by id of the secret. */
type Former = Partial<Record<string, string>>

/** A field that is damaged opens nothing, and spoils nothing else. */
function formerIn (text: string): Former {
  try {
    return text === '' ? {} : JSON.parse(text) as Former
  } catch {
    return {}
  }
}

interface User { id: string, salt: string, /** The field of the account. */ former: string }

/** Opens what any secret has sealed for a user, and seals under the one in use. */
export function createUserSeal (secrets: Secrets, { id: user, salt, former }: User): Seal {
  const made = new Map<string, Seal>()

  const formerSeal = (id: string): Seal | undefined => {
    const kept = formerIn(former)[id]
    const by = kept === undefined ? undefined : known(secretOf(kept))
    const key = kept === undefined ? null : by?.open(FIELD, kept) ?? null
    return key === null ? undefined : sealWith(id, Buffer.from(key, 'base64'), user)
  }

  const known = (id: string): Seal | undefined => {
    const sealing = secrets().find(secret => secret.id === id)?.sealing
    return sealing && sealWith(id, userKeyOf(sealing, user, salt), user)
  }

  const of = (id: string): Seal | undefined => {
    const seal = made.get(id) ?? known(id) ?? formerSeal(id)
    if (seal) made.set(id, seal)
    return seal
  }

  return {
    seal: (field, text) => of(secrets()[0].id)!.seal(field, text),
    open: (field, sealed) => of(secretOf(sealed))?.open(field, sealed) ?? null
  }
}

/** The same for what belongs to nobody. */
export const createAnonymousSeal = (secrets: Secrets): Seal => ({
  seal: (field, text) => sealWith(secrets()[0].id, secrets()[0].anonymous, '').seal(field, text),
  open: (field, sealed) => {
    const secret = secrets().find(({ id }) => id === secretOf(sealed))
    return secret ? sealWith(secret.id, secret.anonymous, '').open(field, sealed) : null
  }
})

/**
 * The field of an account by which what was sealed under former secrets stays readable without them.
 * @param seal that of the user
 */
export function keepFormer (secrets: Secrets, seal: Seal, { id, salt, former }: User): string {
  const [inUse, ...others] = secrets()
  const before = Object.entries(formerIn(former)).map(([secret, sealed = '']) => [secret, seal.open(FIELD, sealed)] as const)
  const now = others.flatMap(({ id: secret, sealing }) => sealing ? [[secret, userKeyOf(sealing, id, salt).toString('base64')] as const] : [])
  const keys = new Map([...before, ...now].filter((entry): entry is readonly [string, string] => entry[1] !== null && entry[0] !== inUse.id))
  return JSON.stringify(Object.fromEntries([...keys].map(([secret, key]) => [secret, seal.seal(FIELD, key)])))
}
