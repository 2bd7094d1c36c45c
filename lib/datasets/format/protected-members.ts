import { stringify } from '../../json/exact.js'
import { JsonText } from '../../json/json-text.js'
import { refuseDeep, refuseDepth } from '../depth.js'
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

export const omit = (value: Metadata, keys: readonly string[]): Metadata =>
  Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key)))

/** What a client gives as metadata: as they are, or as a text where they are large. */
export type GivenMetadata = Metadata | JsonText

/** The JSON text of what a client gives. @throws `invalid_request` if it is nested too deeply */
export function textOfGiven (given: GivenMetadata): string {
  if (given instanceof JsonText) return given.isDeep ? refuseDepth() : given.text
  refuseDeep(given)
  return stringify(given)
}
