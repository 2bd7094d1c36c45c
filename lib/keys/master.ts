import { deriveKey, deriveMaster, type Purpose } from './derive.js'
import type { Secret } from './secret.js'

/** A secret, ready to derive keys from. */
export interface Master {
  /** Names the secret, and is none itself. */
  id: string
  /** By which replicas see that they have the same secret. */
  check: string
  derive: (purpose: Purpose) => Buffer
}

const ID_CHARACTERS = 8

/** What a secret is called, by its check value. */
export const idOf = (check: Buffer): string => check.toString('base64url').slice(0, ID_CHARACTERS)

/** @param salt that all replicas share */
export async function openMaster (secret: Secret, salt: Buffer): Promise<Master> {
  const master = await deriveMaster(secret, salt)
  const check = deriveKey(master, 'check').subarray(0, 32)
  return { id: idOf(check), check: check.toString('base64'), derive: purpose => deriveKey(master, purpose) }
}
