import type { Content } from '../datasets/files.js'
import type { FilePlace } from '../datasets/file-changes.js'
import { PREVIEW_VOXEL, type CloudSize, type Models } from '../datasets/models.js'
import type { Picture } from '../datasets/pictures.js'
import type { Actor } from '../datasets/rights.js'
import { isYes } from './words.js'

export interface ModelWish { size?: string | undefined, coords?: string | undefined }

/** Point clouds and meshes as PlantDB's clients ask for them. */
export interface PlantDBModels {
  /** @throws as `Models.cloud` */
  cloud: (actor: Actor, place: FilePlace, wish: ModelWish) => Promise<Content | Picture>
  /** @throws as `Models.mesh` */
  mesh: (actor: Actor, place: FilePlace, wish: ModelWish) => Promise<Content | Picture>
}

/** `orig`, or the edge of a voxel; whatever else is asked for is a preview, as it is in PlantDB. */
export function cloudSize (text = 'preview'): CloudSize {
  if (text === 'orig') return text
  const voxel = /^\d{1,9}(\.\d{1,9})?(e[+-]?\d{1,2})?$/i.test(text) ? Number(text) : 0
  return voxel > 0 ? voxel : PREVIEW_VOXEL
}

export const createPlantDBModels = (models: Models): PlantDBModels => ({
  cloud: async (actor, place, { size, coords }) =>
    await (isYes(coords) ? models.coordinates : models.cloud)(actor, place, cloudSize(size)),
  mesh: async (actor, place, { coords }) =>
    isYes(coords) ? await models.mesh(actor, place) : await models.cloud(actor, place, 'orig')
})
