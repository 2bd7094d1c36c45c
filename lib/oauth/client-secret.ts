import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const SECRET = /^gcs_[A-Za-z0-9_-]{43}$/

/** How a secret is kept in `OAUTH_CLIENTS`. */
export const SECRET_HASH = '^sha256:[A-Za-z0-9_-]{43}$'

/** A secret of 256 random bits; scanners for leaked secrets find its beginning. */
export const newClientSecret = (): string => `gcs_${randomBytes(32).toString('base64url')}`

/** The form in which a secret is kept. It has 256 bits, so there is nothing to guess and a fast hash does. */
export const clientSecretHash = (secret: string): string => `sha256:${createHash('sha256').update(secret).digest('base64url')}`

const sameText = (a: string, b: string): boolean => {
  const [one, other] = [Buffer.from(a), Buffer.from(b)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/**
 * Whether a secret is one of those that were hashed; how long it takes tells nothing of them. One that we did not
 * make is never right: a hash does not show how weak it is, so nobody may choose a secret.
 */
export function isClientSecret (secret: string, kept: readonly string[]): boolean {
  const hash = clientSecretHash(secret)
  const right = kept.map(one => sameText(hash, one)).includes(true)
  return right && SECRET.test(secret)
}
