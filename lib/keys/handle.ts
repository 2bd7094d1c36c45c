import { createSecretKey, type KeyObject } from 'node:crypto'

const handles = new WeakMap<Buffer, KeyObject>()

/**
 * The bytes of a secret key as `node:crypto` holds keys itself. On Node 24 it takes them in anew with each call that
 * is given bytes, which costs as much as five HMACs; so a key that is used again and again is taken in once.
 */
export function handleOf (bytes: Buffer): KeyObject {
  const known = handles.get(bytes)
  if (known) return known
  const handle = createSecretKey(bytes)
  handles.set(bytes, handle)
  return handle
}
