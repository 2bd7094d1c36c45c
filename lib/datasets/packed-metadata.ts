import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Metadata } from './index-entry.js'

/** Metadata as the index keeps them: JSON, deflated where that is worth its while. Parsed they take ten times as much or more. */
export type PackedMetadata = string | Uint8Array

/** Characters up to which a text stays as it is. */
const SHORT = 4096

/** @param text JSON without line breaks and tabs */
export const packText = (text: string): PackedMetadata => text.length <= SHORT ? text : Buffer.from(deflateRawSync(text, { level: 1 }))

export const packMetadata = (metadata: Metadata): PackedMetadata => packText(JSON.stringify(metadata))

export const textOfPacked = (packed: PackedMetadata): string => typeof packed === 'string' ? packed : inflateRawSync(packed).toString()

export const unpackMetadata = (packed: PackedMetadata): Metadata => JSON.parse(textOfPacked(packed)) as Metadata
