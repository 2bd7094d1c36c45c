import type { Precondition, Tagged } from '../http/preconditions.js'
import type { GivenMetadata } from '../datasets/format/protected-members.js'
import type { Place } from '../datasets/layout.js'
import type { MetadataService } from '../datasets/metadata.js'
import type { Actor } from '../datasets/rights.js'

/** Metadata in PlantDB's envelope: the text of `{"metadata": ...}`. */
export interface PlantDBMetadata {
  /** @param key one member instead of all; {} if there is none of that name */
  read: (actor: Actor, place: Place, key: string | undefined) => Promise<Tagged<string>>
  /** Sets members as they are given, or with `replace` all of them. @returns all, or none and no entity tag to who may not read them @throws `precondition_failed` */
  update: (actor: Actor, place: Place, members: GivenMetadata, options: { replace: boolean, precondition: Precondition | undefined }) => Promise<{ value: string, etag?: string }>
}

const enveloped = (text: string): string => `{"metadata":${text}}`

export const createPlantDBMetadata = (metadata: MetadataService): PlantDBMetadata => ({
  read: async (actor, place, key) => {
    const { value, ...validators } = await metadata.read(actor, place, key === '' ? undefined : key)
    return { value: enveloped(value), ...validators }
  },
  update: async (actor, place, members, { replace, precondition }) => {
    const written = await (replace ? metadata.replace : metadata.assign)(actor, place, members, precondition)
    return written ? { value: enveloped(written.value), etag: written.etag } : { value: enveloped('{}') }
  }
})
