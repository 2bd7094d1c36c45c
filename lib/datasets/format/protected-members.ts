import { refuseDeep } from '../depth.js'
import type { Metadata } from '../index-entry.js'
import type { Place } from '../layout.js'

const ofFilesets = ['created', 'created_by', 'last_modified']
const ofScans = ['owner', 'sharing', 'visibility', ...ofFilesets]

/** Members that no call for metadata changes. What is said of a file is its uploader's alone. */
export const protectedMembers = ({ fileset, file }: Place): readonly string[] => {
  if (fileset === undefined) return ofScans
  return file === undefined ? ofFilesets : []
}

export const pick = (value: Metadata, keys: readonly string[]): Metadata =>
  Object.fromEntries(keys.filter(key => Object.hasOwn(value, key)).map(key => [key, value[key]]))

/** The members that a client may say of a place. @throws `invalid_request` */
export const withoutProtected = (value: Metadata, place: Place): Metadata => {
  refuseDeep(value)
  const kept = new Set(protectedMembers(place))
  return Object.fromEntries(Object.entries(value).filter(([key]) => !kept.has(key)))
}
