import { randomBytes } from 'node:crypto'
import type { KeyedHash } from '../keys/hash.js'

/** The kinds of one-time links, and what their tokens begin with, so that a leaked one is known for what it is. */
const prefixes = { reset: 'gcr_', verify: 'gcv_', invitation: 'gci_' } as const

export type LinkKind = keyof typeof prefixes

const BYTES = 32

/** A token that nobody can guess: 256 bits. */
export const newToken = (kind: LinkKind): string => `${prefixes[kind]}${randomBytes(BYTES).toString('base64url')}`

/** Keyed hashes, so that the store can find what it cannot read. What was stored may be of before a change of the secret. */
export interface LinkHashes {
  /** What the store calls a token; its kind is part of it, so that no token passes for one of another kind. */
  token: (kind: LinkKind, token: string) => string
  /** All that it may be called, the likeliest first. */
  tokens: (kind: LinkKind, token: string) => string[]
  /** Stands for an e-mail address, whatever the case of its letters. */
  email: (email: string) => string
  isEmail: (hash: string, email: string) => boolean
  /** Stands for the password that an account has, by its Argon2 hash. */
  password: (hash: string) => string
  isPassword: (hash: string, passwordHash: string) => boolean
}

/** The hash by which accounts are found by their address, and the same under every secret that is known. */
export interface EmailHash { hash: (email: string) => string, hashes: (email: string) => string[] }

export function createLinkHashes (hash: KeyedHash, email: EmailHash): LinkHashes {
  const ofToken = (kind: LinkKind, token: string): string => `link|${kind}|${token}`
  const ofPassword = (passwordHash: string): string => `link password|${passwordHash}`
  return {
    token: (kind, token) => hash(ofToken(kind, token)),
    tokens: (kind, token) => hash.all(ofToken(kind, token)),
    email: email.hash,
    isEmail: (stored, address) => email.hashes(address).includes(stored),
    password: passwordHash => hash(ofPassword(passwordHash)),
    isPassword: (stored, passwordHash) => hash.all(ofPassword(passwordHash)).includes(stored)
  }
}
