import { join } from 'node:path'
import { fail } from '../errors.js'
import type { Precondition } from '../http/preconditions.js'
import { Permit } from './commit/permit.js'
import { findFileset, type Core } from './core.js'
import { discardFile } from './disk.js'
import type { Files } from './files.js'
import { isFileName } from './names.js'
import { opened, validatorsAt, type OpenFile } from './open-file.js'
import { isSameFile } from './placement.js'
import { mediaTypeOf } from './present.js'
import { isInside, look } from './fs/look.js'
import { receive } from './receive.js'
import type { Actor } from './rights.js'
import type { Upload } from './upload.js'

/** Files of a scan by their paths in its folder, those among them that `files.json` does not list. */
export interface Paths {
  /** Opens a file; no folder on the way may be a link, no name begin with a dot. @throws `file_not_found`, `invalid_request` */
  open: (actor: Actor, scan: string, path: string) => Promise<OpenFile & { name: string, mediaType: string, permit: Permit }>
  /**
   * Writes a file beside the filesets, or one of a fileset, which becomes listed. Metadata and `files.json`,
   * which decide who may see the scan, are not written as files.
   * @throws `invalid_request`, `fileset_not_found`, `file_too_large`, `precondition_failed`, and what `Upload` says
   */
  put: (actor: Actor, scan: string, path: string, upload: Upload, precondition?: Precondition) => Promise<void>
}

/** What may lie beside the filesets. What has no extension would take the place of a fileset, and there is no call to remove it. */
const FREE = /\.(?:json|toml|ya?ml|csv|txt|md|log)$/i

const refuse = (message: string): never => fail('invalid_request', { errors: [{ path: '/path', message }] })

const partsOf = (path: string): string[] => {
  const parts = path.split('/')
  return parts.every(isFileName) ? parts : refuse('must be names with slashes between them, none with a dot first')
}

/** Takes the name of a file for what the client calls it. */
const called = (upload: Upload, filename: string): Upload => ({
  take: async (sink, accept) => ({ ...await upload.take(sink, accept), fields: {}, filename })
})

export function createPaths (core: Core, { files, largest }: { files: Files, largest: number }): Paths {
  const { layout, workspace, commits, quotas } = core

  const putBeside = async (actor: Actor, scan: string, name: string, upload: Upload, precondition?: Precondition): Promise<void> => await quotas.uploading(actor, async () => {
    const permit = await Permit.use(core, actor, 'write', scan)
    if (name === 'files.json') return refuse('is written by the service only')
    if (!FREE.test(name)) return refuse('must be that of a text (.json, .toml, .yaml, .csv, .txt, .md, .log), if it lies beside the filesets')
    const path = layout.content(scan, '', name)
    precondition?.(validatorsAt(path))
    const temporary = workspace.temporary()
    try {
      await upload.take((content, announced) => receive(content, temporary, { most: largest, tooLarge: 'file_too_large' }, announced))
      await commits.change(permit, [`./${name}`], () => {
        if (look(path)?.isDirectory()) return fail('file_exists')
        if (!isSameFile(temporary, path)) precondition?.(validatorsAt(path))
        // The index keeps nothing of it, but what is worked out of the scan as a whole may be another.
        return { list: () => {}, place: [{ temporary, path, replaces: true }], touched: new Map([['', undefined]]) }
      })
    } finally {
      discardFile(temporary)
    }
  })

  const putInto = async (actor: Actor, place: { scan: string, fileset: string }, name: string, upload: Upload, precondition?: Precondition): Promise<void> => {
    const { files: listed } = await findFileset(core, actor, 'write', place)
    const there = [...listed.values()].find(file => file.name === name)
    if (there) {
      await files.replace(actor, { ...place, file: there.id }, upload, precondition)
      return
    }
    precondition?.(undefined)
    await files.create(actor, place, called(upload, name), {})
  }

  return {
    open: async (actor, scan, path) => {
      const permit = await Permit.use(core, actor, 'read', scan)
      const parts = partsOf(path)
      const full = join(layout.scan(scan), ...parts)
      if (!isInside(layout.root, full)) return fail('file_not_found')
      const file = await opened(full)
      const name = parts.at(-1)!
      return { ...file, name, mediaType: mediaTypeOf(name), permit }
    },

    put: async (actor, scan, path, upload, precondition) => {
      const [first = '', second, ...deeper] = partsOf(path)
      if (deeper.length > 0 || first === 'metadata') return refuse('must be that of a file in a fileset or beside them')
      if (second === undefined) await putBeside(actor, scan, first, upload, precondition)
      else await putInto(actor, { scan, fileset: first }, second, upload, precondition)
    }
  }
}
