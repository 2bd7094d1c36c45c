import { fail } from '../errors.js'
import { Permit } from './commit/permit.js'
import { findFile, type Core } from './core.js'
import type { FilePlace } from './file-changes.js'
import type { Content, Files } from './files.js'
import { imageSize, type PreviewSize } from './image-size.js'
import type { Images } from './images.js'
import { isFolder, openFile } from './open-file.js'
import { look } from './fs/look.js'
import type { Actor } from './rights.js'

/** A picture in memory, to be sent as long as its permit holds; `etag` changes with the file. */
export interface Picture { data: Buffer, mediaType: string, etag: string, modified: number, name: string, permit: Permit }

/** Pictures in the size that is asked for: `thumb`, `large`, `orig` or pixels. */
export interface Pictures {
  /** @throws `image_unreadable`, `file_not_found`, `invalid_request` for another size */
  open: (actor: Actor, place: FilePlace, size: string | undefined) => Promise<Picture | Content>
  /** The same as text. */
  base64: (actor: Actor, place: FilePlace, size: string | undefined) => Promise<{ image: string, 'content-type': string }>
}

/** The largest file that is given as text, which takes several times its size in memory. */
const LARGEST_TEXT = 16 * 2 ** 20

export function createPictures (core: Core, { files, images }: { files: Files, images: Images }): Pictures {
  const { layout, workspace } = core

  const preview = async (actor: Actor, place: FilePlace, size: PreviewSize): Promise<Picture> => {
    const { scan, fileset, file } = place
    const permit = await Permit.use(core, actor, 'read', scan)
    const { name } = await findFile(core, actor, 'read', place)
    const { handle, path, etag, modified } = await openFile(layout, scan, fileset, name)
    await handle.close()
    const webcache = layout.webcache(scan)
    const data = await images.render({
      scan,
      fileset,
      file,
      source: path,
      // Something that lies in the way of the folder of previews could lead elsewhere: none are kept then.
      webcache: look(webcache) === undefined || isFolder(webcache) ? webcache : `${workspace.temporary()}/none`,
      temporary: workspace.temporary
    }, size)
    return { data, mediaType: 'image/jpeg', etag: etag.replace(/"$/, `-${size}"`), modified, name: `${file}.jpeg`, permit }
  }

  const open: Pictures['open'] = async (actor, place, text) => {
    const size = imageSize(text)
    return size === 'orig' ? await files.open(actor, place) : await preview(actor, place, size)
  }

  return {
    open,
    base64: async (actor, place, text) => {
      const picture = await open(actor, place, text)
      if ('data' in picture) return { image: picture.data.toString('base64'), 'content-type': picture.mediaType }
      try {
        if (!picture.mediaType.startsWith('image/')) return fail('image_unreadable')
        if (picture.bytes > LARGEST_TEXT) return fail('image_too_large')
        return { image: await picture.handle.readFile('base64'), 'content-type': picture.mediaType }
      } finally {
        await picture.handle.close()
      }
    }
  }
}
