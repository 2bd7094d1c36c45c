import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Metadata } from './index-entry.js'

/**
 * Metadata as the index keeps them: JSON, deflated where that is worth its while, with the length of the text in four bytes before
 * it. Parsed they take ten times as much or more.
 */
export type PackedMetadata = string | Uint8Array

/** Characters up to which a text stays as it is. */
const SHORT = 4096
/** Bytes of the length. */
const LENGTH = 4

/** @param text JSON without line breaks and tabs */
export function packText (text: string): PackedMetadata {
  if (text.length <= SHORT) return text
  const length = Buffer.alloc(LENGTH)
  length.writeUInt32LE(text.length)
  return Buffer.concat([length, deflateRawSync(text, { level: 1 })])
}

export const packMetadata = (metadata: Metadata): PackedMetadata => packText(JSON.stringify(metadata))

export const textOfPacked = (packed: PackedMetadata): string => typeof packed === 'string' ? packed : inflateRawSync(packed.subarray(LENGTH)).toString()

/** Characters of the text, which is not unpacked for it. */
export const lengthOfPacked = (packed: PackedMetadata): number => typeof packed === 'string' ? packed.length : new DataView(packed.buffer, packed.byteOffset).getUint32(0, true)

export const unpackMetadata = (packed: PackedMetadata): Metadata => JSON.parse(textOfPacked(packed)) as Metadata
