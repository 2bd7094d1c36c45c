import type { Metadata } from '../datasets/index-entry.js'
import type { Place } from '../datasets/layout.js'
import type { MetadataService } from '../datasets/metadata.js'
import type { Actor } from '../datasets/rights.js'

/** Metadata in PlantDB's envelope. */
export interface PlantDBMetadata {
  /** @param key one member instead of all; {} if there is none of that name */
  read: (actor: Actor, place: Place, key: string | undefined) => Promise<{ metadata: unknown }>
  /** Sets members as they are given, or with `replace` all of them. @returns all */
  update: (actor: Actor, place: Place, members: Metadata, replace?: boolean) => Promise<{ metadata: Metadata }>
}

export const createPlantDBMetadata = (metadata: MetadataService): PlantDBMetadata => ({
  read: async (actor, place, key) => {
    const { value } = await metadata.read(actor, place)
    if (key === undefined || key === '') return { metadata: value }
    return { metadata: Object.hasOwn(value, key) ? value[key] : {} }
  },
  update: async (actor, place, members, replace = false) => {
    const { value } = replace ? await metadata.replace(actor, place, members, undefined) : await metadata.assign(actor, place, members)
    return { metadata: value }
  }
})
