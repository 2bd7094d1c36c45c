import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const SECRET = /^gcs_[A-Za-z0-9_-]{43}$/

/** How a secret is kept in `OAUTH_CLIENTS`. */
export const SECRET_HASH = '^sha256:[A-Za-z0-9_-]{43}$'

/** A secret of 256 random bits; scanners for leaked secrets find its beginning. */
export const newClientSecret = (): string => `gcs_${randomBytes(32).toString('base64url')}`

/** The form in which a secret is kept. It has 256 bits, so there is nothing to guess and a fast hash does. */
export const clientSecretHash = (secret: string): string => `sha256:${createHash('sha256').update(secret).digest('base64url')}`

/**
 * Whether a secret is the one that was hashed. One that we did not make is never right: a hash does not show
 * how weak it is, so nobody may choose a secret. Without a hash it takes as long and is wrong.
 */
export function isClientSecret (secret: string, kept: string | undefined): boolean {
  const [given, wanted] = [clientSecretHash(secret), kept ?? clientSecretHash('')].map(text => Buffer.from(text)) as [Buffer, Buffer]
  return given.length === wanted.length && timingSafeEqual(given, wanted) && kept !== undefined && SECRET.test(secret)
}
