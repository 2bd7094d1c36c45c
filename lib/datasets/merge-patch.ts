import { isObject } from '../json/exact.js'

type Json = unknown

/** JSON merge patch (RFC 7396 section 2): null removes a member, objects are merged, all else replaces. */
export function mergePatch (target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch
  const merged = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}
