import type { FilePlace } from '../datasets/file-changes.js'
import type { Actor } from '../datasets/rights.js'
import type { Datasets } from '../datasets/service.js'
import type { Arrived, Upload } from '../datasets/upload.js'
import { isFileId, isFilesetId, isScanId } from '../datasets/names.js'
import { fail } from '../errors.js'
import type { Precondition } from '../http/preconditions.js'
import { describedFile, filledBody, fileForm, saidIn, zipForm } from './uploads.js'

type Created = Promise<{ message: string, id: string }>

/** Files and archives that come in, with PlantDB's answers. */
export interface TakingIn {
  /** @throws as `Files.create` */
  file: (actor: Actor, place: FilePlace, upload: Upload) => Created
  /** The same of a form that says the place as well. */
  form: (actor: Actor, upload: Upload) => Created
  /** @throws as `Paths.put` */
  path: (actor: Actor, scan: string, path: string, upload: Upload, precondition: Precondition | undefined) => Promise<{ message: string }>
  /** @returns the files of the scan, relative to it @throws as `Archives.import` */
  archive: (actor: Actor, scan: string, upload: Upload) => Promise<{ message: string, files: string[] }>
}

const nameIn = (fields: Arrived['fields'], field: string, isRight: (name: string) => boolean): string => {
  const name = fields[field] ?? ''
  return isRight(name) ? name : fail('invalid_request', { errors: [{ path: `/${field}`, message: 'is no name that there can be' }] })
}

const created = (fileset: string, id: string) => ({ message: `File created and written successfully in fileset '${fileset}'.`, id })

export const createTakingIn = ({ files, paths, archives }: Datasets): TakingIn => ({
  file: async (actor, { scan, fileset, file }, upload) => {
    const { id } = await files.create(actor, { scan, fileset }, describedFile(upload), { id: file, python: true })
    return created(fileset, id)
  },

  form: async (actor, upload) => {
    const { fileset, id } = await files.createFromForm(actor, fileForm(upload), fields => ({
      scan: nameIn(fields, 'scan_id', isScanId),
      fileset: nameIn(fields, 'fileset_id', isFilesetId),
      id: nameIn(fields, 'file_id', isFileId),
      ...saidIn(fields),
      python: true
    }))
    return created(fileset, id)
  },

  path: async (actor, scan, path, upload, precondition) => {
    await paths.put(actor, scan, path, filledBody(upload), precondition)
    return { message: `File ${path} received and saved` }
  },

  archive: async (actor, scan, upload) => {
    const { paths: files } = await archives.import(actor, scan, zipForm(upload))
    return { message: 'ZIP file processed successfully', files }
  }
})
