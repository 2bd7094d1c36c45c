import { fail, Problem } from '../errors.js'
import { createGeometry, type Geometry } from '../geometry/geometry.js'
import { PlyError } from '../geometry/ply-error.js'
import { Permit } from './commit/permit.js'
import { findFile, type Core } from './core.js'
import type { FilePlace } from './file-changes.js'
import type { Content, Files } from './files.js'
import { openFile, type OpenFile } from './open-file.js'
import type { Picture } from './pictures.js'
import { createResultCache } from './result-cache.js'
import type { Actor } from './rights.js'

/** How a point cloud is wanted: as stored, or one point for each voxel of an edge in the cloud's unit. */
export type CloudSize = 'orig' | number

/** Point clouds and meshes: PLY files, thinned out or as numbers. Results are kept in memory for as long as the file is the same. */
export interface Models {
  /** @throws `file_not_found`, `model_unreadable`, `model_too_large` */
  cloud: (actor: Actor, place: FilePlace, size: CloudSize) => Promise<Content | Picture>
  /** The points as JSON: `coordinates`, a list of `[x, y, z]`. Throws as above. */
  coordinates: (actor: Actor, place: FilePlace, size: CloudSize) => Promise<Picture>
  /** A mesh as JSON: `vertices` and `triangles`. Throws as above. */
  mesh: (actor: Actor, place: FilePlace) => Promise<Picture>
  close: () => Promise<void>
}

/** The voxel of a preview, which is PlantDB's. */
export const PREVIEW_VOXEL = 1.8
const KEPT_BYTES = 128 * 2 ** 20
const PLY = 'application/octet-stream'
const JSON_TYPE = 'application/json; charset=utf-8'

type Work = (geometry: Geometry, source: Parameters<Geometry['mesh']>[0]) => Promise<Buffer>

export function createModels (core: Core, { files, most }: { files: Files, /** Bytes of the largest file that is read. */ most: number }): Models {
  const geometry = createGeometry({ most })
  const results = createResultCache(KEPT_BYTES)

  const make = async (place: FilePlace, name: string, work: Work): Promise<Buffer> => {
    const { handle, bytes } = await openFile(core.layout, place.scan, place.fileset, name)
    try {
      if (bytes > most) return fail('model_too_large')
      return await work(geometry, { bytes, read: async () => await handle.readFile() })
    } catch (error) {
      if (error instanceof PlyError) throw new Problem('model_unreadable', { cause: error, errors: [{ path: '', message: error.message }] })
      throw error
    } finally {
      await handle.close()
    }
  }

  const look = async (place: FilePlace, name: string): Promise<Pick<OpenFile, 'etag' | 'modified'>> => {
    const { handle, etag, modified } = await openFile(core.layout, place.scan, place.fileset, name)
    await handle.close()
    return { etag, modified }
  }

  const result = async (actor: Actor, place: FilePlace, kind: string, mediaType: string, work: Work): Promise<Picture> => {
    const permit = await Permit.use(core, actor, 'read', place.scan)
    const { name } = await findFile(core, actor, 'read', place)
    const { etag, modified } = await look(place, name)
    const data = await results.get([place.scan, place.fileset, etag, kind].join('/'), () => make(place, name, work))
    return { data, mediaType, etag: etag.replace(/"$/, `-${kind}"`), modified, name: `${place.file}.${mediaType === PLY ? 'ply' : 'json'}`, permit }
  }

  return {
    cloud: async (actor, place, size) => size === 'orig'
      ? { ...await files.open(actor, place), mediaType: PLY }
      : await result(actor, place, `cloud-${size}`, PLY, (geometry, source) => geometry.downSample(source, size)),

    coordinates: (actor, place, size) => result(actor, place, `coordinates-${size}`, JSON_TYPE, (geometry, source) =>
      geometry.coordinates(source, size === 'orig' ? undefined : size)),

    mesh: (actor, place) => result(actor, place, 'mesh', JSON_TYPE, (geometry, source) => geometry.mesh(source)),

    close: geometry.close
  }
}
