import { createCipheriv, createDecipheriv, createHmac, createSecretKey, timingSafeEqual, type KeyObject } from 'node:crypto'
import { decodeBase64url, parseJson, refuse } from './encoding.js'

/** What an opaque access token begins with; nothing else that we give out does. */
export const OPAQUE = 'gca_'

/** A key of 64 bytes: one half is for the HMAC, the other one for the cipher. */
export interface OpaqueKey { kid: string, opaque: Buffer }

const TAG_BYTES = 32
/** Claims of access tokens by place, where one that is missing is null; their names would take a third of a token. */
const PLACES = ['sub', 'sid', 'jti', 'gen', 'iat', 'exp', 'auth_time', 'scope', 'client_id', 'username'] as const

type Claims = Readonly<Record<string, unknown>>

const packed = (claims: Claims): Buffer => {
  const others = Object.entries(claims).filter(([name]) => !(PLACES as readonly string[]).includes(name))
  return Buffer.from(JSON.stringify([...PLACES.map(name => claims[name]), Object.fromEntries(others)]))
}

const unpacked = (bytes: Buffer): Record<string, unknown> => {
  const values = parseJson(bytes) as unknown[]
  return { ...(values[PLACES.length] as object), ...Object.fromEntries(PLACES.map((name, place): [string, unknown] => [name, values[place]]).filter(([, value]) => value !== null)) }
}

interface Halves { mac: KeyObject, cipher: KeyObject }

const halves = new WeakMap<Buffer, Halves>()

function halvesOf ({ opaque }: OpaqueKey): Halves {
  const known = halves.get(opaque) ?? { mac: createSecretKey(opaque.subarray(0, TAG_BYTES)), cipher: createSecretKey(opaque.subarray(TAG_BYTES)) }
  halves.set(opaque, known)
  return known
}

const tagOf = (key: OpaqueKey, audience: readonly string[], bytes: Buffer): Buffer =>
  createHmac('sha256', halvesOf(key).mac).update(`${JSON.stringify([key.kid, ...audience])}\n`).update(bytes).digest()

const initial = (tag: Buffer): Buffer => tag.subarray(0, 16)

/**
 * Claims as a token that only this installation can read: their HMAC, and themselves enciphered with the HMAC
 * as the initial counter (the construction of SIV, RFC 5297). The same claims give the same token.
 * @param audience what the token is for, bound to it but not in it
 */
export function sealOpaque (claims: Claims, key: OpaqueKey, audience: readonly string[]): string {
  const bytes = packed(claims)
  const tag = tagOf(key, audience, bytes)
  const cipher = createCipheriv('aes-256-ctr', halvesOf(key).cipher, initial(tag))
  return `${OPAQUE}${key.kid}.${Buffer.concat([tag, cipher.update(bytes), cipher.final()]).toString('base64url')}`
}

/** The kid that an opaque token names; '' if it names none. */
export const opaqueKid = (token: string): string => token.slice(OPAQUE.length, Math.max(token.indexOf('.'), OPAQUE.length))

/**
 * Claims of a token that `sealOpaque` made.
 * @throws BadToken for anything that is not exactly right
 */
export function openOpaque (token: string, find: (kid: string) => OpaqueKey | undefined, audience: readonly string[]): Record<string, unknown> {
  const dot = token.indexOf('.')
  const key = find(opaqueKid(token)) ?? refuse('an unknown key')
  const sealed = decodeBase64url(token.slice(dot + 1))
  if (sealed.length <= TAG_BYTES) return refuse('too short')
  const tag = sealed.subarray(0, TAG_BYTES)
  const decipher = createDecipheriv('aes-256-ctr', halvesOf(key).cipher, initial(tag))
  const bytes = decipher.update(sealed.subarray(TAG_BYTES))
  if (!timingSafeEqual(tag, tagOf(key, audience, bytes))) return refuse('a wrong authenticator')
  return unpacked(bytes)
}
