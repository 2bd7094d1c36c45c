import { fail } from '../errors.js'
import type { Precondition, Tagged, Validators } from '../http/preconditions.js'
import { Permit } from './commit/permit.js'
import { findFile, findFileset, type Core } from './core.js'
import type { Digests } from './digests.js'
import { discardFile, onDisk } from './disk.js'
import { pageById, type PageOf } from './filesets.js'
import { removal, replacement, type FilePlace } from './file-changes.js'
import type { FileRecord } from './index-entry.js'
import type { Said } from './naming.js'
import { openFile, validatorsAt, type OpenFile } from './open-file.js'
import { mediaTypeOf, presentFile, tagFile } from './present.js'
import type { Actor } from './rights.js'
import type { File } from './schema.js'
import { createTakingIn } from './taking-in.js'
import type { Arrived, Upload } from './upload.js'

/** A file to be sent, as long as its permit holds; the handle is closed by who sends it. */
export interface Content extends OpenFile { name: string, mediaType: string, digest: string, permit: Permit }

export interface Files {
  list: (actor: Actor, place: { scan: string, fileset: string }, page: PageOf) => Promise<{ items: File[], next: string | null }>
  /** @throws `file_not_found` */
  info: (actor: Actor, place: FilePlace) => Promise<Tagged<File>>
  /** @throws `file_not_found` */
  open: (actor: Actor, place: FilePlace) => Promise<Content>
  /** Takes a new file in. @throws `file_exists`, `file_too_large`, `quota_exceeded`, `too_many_uploads`, and what `Upload` says */
  create: (actor: Actor, place: { scan: string, fileset: string }, upload: Upload, said: Said) => Promise<File>
  /** Takes a new file in whose place only the form tells. @param say reads it off the fields @throws as above */
  createFromForm: (actor: Actor, upload: Upload, say: (fields: Arrived['fields']) => { scan: string, fileset: string } & Said) => Promise<File>
  /**
   * Puts other content in the place of a file's; name and metadata stay.
   * @returns the file, and what tells the new content from others
   * @throws `file_not_found`, `precondition_failed` and as above
   */
  replace: (actor: Actor, place: FilePlace, upload: Upload, precondition?: Precondition) => Promise<Tagged<File>>
  /** @throws `file_not_found`, `precondition_failed` */
  remove: (actor: Actor, place: FilePlace, precondition?: Precondition) => Promise<void>
}

export function createFiles (core: Core, { digests, largest }: { digests: Digests, largest: number }): Files {
  const { layout, workspace, commits, index, quotas } = core
  const { receiveAt, takeIn, add } = createTakingIn(core, largest)

  const recordOf = async ({ scan, fileset, file }: FilePlace): Promise<FileRecord> => {
    await index.get(scan)
    return index.filesets(scan).get(fileset)?.files.get(file) ?? fail('file_not_found')
  }

  /** @param digest of its content, which the index may not know when it has just read the scan again */
  const present = async (place: FilePlace, digest: string): Promise<File> => presentFile(place.scan, place.fileset, { ...await recordOf(place), digest })

  /** What is known of a file's content as it is now; else it is read, and known from then on. */
  const digestOf = async ({ scan, fileset }: FilePlace, record: FileRecord, { handle, etag, bytes, modified }: OpenFile): Promise<string> => {
    const isSame = record.bytes === bytes && record.modified === modified
    if (isSame && record.digest !== undefined) return record.digest
    const digest = await digests.of(`${scan}/${fileset}/${etag}`, handle)
    if (isSame) {
      record.digest = digest
      index.changed = true
    }
    return digest
  }

  const open = async (actor: Actor, place: FilePlace): Promise<Content> => {
    const permit = await Permit.use(core, actor, 'read', place.scan)
    const record = await findFile(core, actor, 'read', place)
    const opened = await openFile(layout, place.scan, place.fileset, record.name)
    try {
      const digest = await onDisk(() => digestOf(place, record, opened))
      return { ...opened, name: record.name, mediaType: mediaTypeOf(record.name), digest, permit }
    } catch (error) {
      await opened.handle.close()
      throw error
    }
  }

  return {
    list: async (actor, { scan, fileset }, page) => {
      const { files } = await findFileset(core, actor, 'read', { scan, fileset })
      const { items, next } = pageById(files.values(), page)
      return { items: items.map(file => presentFile(scan, fileset, file)), next }
    },

    info: async (actor, place) => {
      const { handle, digest } = await open(actor, place)
      await handle.close()
      return tagFile(place.scan, place.fileset, { ...await recordOf(place), digest })
    },

    open,

    create: async (actor, { scan, fileset }, upload, said) => {
      const permit = await Permit.use(core, actor, 'write', scan)
      await findFileset(core, actor, 'write', { scan, fileset })
      let created = { file: '', digest: '' }
      await takeIn(actor, permit, upload, async (arrived, hand) => {
        created = { file: await add({ scan, fileset }, arrived, said, hand), digest: arrived.received.digest }
      })
      return await present({ scan, fileset, file: created.file }, created.digest)
    },

    createFromForm: (actor, upload, say) => quotas.uploading(actor, async () => {
      const path = workspace.temporary()
      try {
        const arrived = await receiveAt(path, upload)
        const { scan, fileset, ...said } = say(arrived.fields)
        const permit = await Permit.use(core, actor, 'write', scan)
        await findFileset(core, actor, 'write', { scan, fileset })
        const file = await add({ scan, fileset }, arrived, said, (concerns, change) => commits.change(permit, [concerns], change))
        return await present({ scan, fileset, file }, arrived.received.digest)
      } finally {
        discardFile(path)
      }
    }),

    replace: async (actor, place, upload, precondition) => {
      const permit = await Permit.use(core, actor, 'write', place.scan)
      const { name } = await findFile(core, actor, 'write', place)
      // Once before the body is read, once when its turn has come.
      precondition?.(validatorsAt(layout.content(place.scan, place.fileset, name)))
      let written: Validators | undefined
      let digest = ''
      await takeIn(actor, permit, upload, async ({ received }, hand) => {
        digest = received.digest
        // It keeps its inode and its time when it gets its name.
        written = validatorsAt(received.path)
        await hand(`${place.fileset}/${place.file}`, replacement(layout, place, received, precondition))
      })
      return { value: await present(place, digest), ...written! }
    },

    remove: async (actor, place, precondition) => {
      await commits.change(await Permit.use(core, actor, 'delete', place.scan), [`${place.fileset}/${place.file}`], removal(layout, place, precondition))
    }
  }
}
