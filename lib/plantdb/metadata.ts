import type { Metadata } from '../datasets/index-entry.js'
import type { Place } from '../datasets/layout.js'
import type { MetadataService } from '../datasets/metadata.js'
import type { Actor } from '../datasets/rights.js'
import { memberIn } from '../json/scan.js'

/** Metadata in PlantDB's envelope: the text of `{"metadata": ...}`. */
export interface PlantDBMetadata {
  /** @param key one member instead of all; {} if there is none of that name */
  read: (actor: Actor, place: Place, key: string | undefined) => Promise<string>
  /** Sets members as they are given, or with `replace` all of them. @returns all */
  update: (actor: Actor, place: Place, members: Metadata, replace?: boolean) => Promise<string>
}

const enveloped = (text: string): string => `{"metadata":${text}}`

export const createPlantDBMetadata = (metadata: MetadataService): PlantDBMetadata => ({
  read: async (actor, place, key) => {
    const { text } = await metadata.read(actor, place)
    return enveloped(key === undefined || key === '' ? text : memberIn(text, key) ?? '{}')
  },
  update: async (actor, place, members, replace = false) => {
    const { text } = replace ? await metadata.replace(actor, place, members, undefined) : await metadata.assign(actor, place, members)
    return enveloped(text)
  }
})
