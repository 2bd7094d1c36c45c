import { createHmac, randomBytes } from 'node:crypto'

/** The kinds of one-time links, and what their tokens begin with, so that a leaked one is known for what it is. */
const prefixes = { reset: 'gcr_', verify: 'gcv_', invitation: 'gci_' } as const

export type LinkKind = keyof typeof prefixes

const BYTES = 32

/** A token that nobody can guess: 256 bits. */
export const newToken = (kind: LinkKind): string => `${prefixes[kind]}${randomBytes(BYTES).toString('base64url')}`

/** Keyed hashes, so that the store can find what it cannot read. */
export interface LinkHashes {
  /** What the store calls a token; its kind is part of it, so that no token passes for one of another kind. */
  token: (kind: LinkKind, token: string) => string
  /** Stands for an e-mail address, whatever the case of its letters. */
  email: (email: string) => string
  /** Stands for the password that an account has, by its Argon2 hash. */
  password: (hash: string) => string
}

/**
 * @param lookup the key of the hashes
 * @param email the hash by which accounts are found by their address
 */
export function createLinkHashes (lookup: Buffer, email: LinkHashes['email']): LinkHashes {
  const hash = (text: string): string => createHmac('sha256', lookup).update(text).digest('base64url')
  return {
    token: (kind, token) => hash(`link|${kind}|${token}`),
    email,
    password: passwordHash => hash(`link password|${passwordHash}`)
  }
}
