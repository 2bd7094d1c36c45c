import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { handleOf } from '../keys/handle.js'

/** Seals what is personal of one user, so that who reads the store, a dump or a backup cannot. */
export interface Seal {
  /** @param field what the text is, such as `email`: it can only be opened under the same name */
  seal: (field: string, text: string) => string
  /** The text, or null if it cannot be opened: damaged, of another user, field or secret, or no sealed text at all. */
  open: (field: string, sealed: string) => string | null
}

/** A key from which those of the users are derived; `id` tells keys of different secrets apart and is no secret. */
export interface SealingKey { id: string, key: Buffer }

const FORMAT = '1'
const CIPHER = 'aes-256-gcm'
const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

const sealedForm = /^\d+\.[\w.-]*$/

/**
 * The key of one user under a sealing key, by HKDF-SHA512 (RFC 5869).
 * @param user id of the user; '' is nobody's
 * @param salt made at random for this user; without it nothing of the user can be opened
 */
export const userKeyOf = (sealingKey: Buffer, user: string, salt: string): Buffer =>
  Buffer.from(hkdfSync('sha512', sealingKey, salt, `user/${user}`, KEY_BYTES))

/** The seal of a user under a sealing key. */
export const createSeal = ({ id, key }: SealingKey, user: string, salt: string): Seal => sealWith(id, userKeyOf(key, user, salt), user)

/** The id of the secret under which a text is sealed. */
export const secretOf = (sealed: string): string => sealed.split('.', 2)[1] ?? ''

/**
 * AES-256-GCM under the key of one user. A sealed text is
 * `<format>.<id of the sealing key>.<base64url of iv, ciphertext and tag>`; what stands before the last dot,
 * the user and the field are authenticated with it. Ivs are random, 96 bits: a key is good for 2^32 texts.
 */
export function sealWith (id: string, bytes: Buffer, user: string): Seal {
  const key = handleOf(bytes)
  const prefix = `${FORMAT}.${id}.`
  const contextOf = (field: string): Buffer => Buffer.from(JSON.stringify([prefix, user, field]))

  return {
    seal: (field, text) => {
      const iv = randomBytes(IV_BYTES)
      const cipher = createCipheriv(CIPHER, key, iv).setAAD(contextOf(field))
      const parts = [iv, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]
      return prefix + Buffer.concat(parts).toString('base64url')
    },

    open: (field, sealed) => {
      if (!sealed.startsWith(prefix)) return null
      const encoded = sealed.slice(prefix.length)
      const bytes = Buffer.from(encoded, 'base64url')
      if (bytes.length < IV_BYTES + TAG_BYTES || bytes.toString('base64url') !== encoded) return null
      const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES })
        .setAAD(contextOf(field)).setAuthTag(bytes.subarray(-TAG_BYTES))
      try {
        return decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      } catch {
        return null
      }
    }
  }
}

/** Whether a stored text is (or was, before it was damaged) a sealed one; no e-mail address and no JSON looks like it. */
export const isSealed = (stored: string): boolean => sealedForm.test(stored)

/** Opens a stored text; one that was stored before fields were sealed is taken as it is. */
export const openStored = (seal: Seal, field: string, stored: string): string | null =>
  isSealed(stored) ? seal.open(field, stored) : stored
