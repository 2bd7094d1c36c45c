import type { Permit } from './commit/permit.js'
import type { Core } from './core.js'
import { discardFile, onDisk, writeSynced } from './disk.js'
import { creation } from './file-changes.js'
import { nameOf, type Said } from './naming.js'
import type { Change } from './plan.js'
import { receive } from './receive.js'
import type { Actor } from './rights.js'
import type { Arrived, Upload } from './upload.js'

/** Hands a change in. @param concerns the file as `fileset/id` */
type Hand = (concerns: string, change: Change) => Promise<void>

/** The steps of an upload: into the workspace, and from there into a scan. @param largest bytes of a file */
export function createTakingIn (core: Core, largest: number) {
  const { layout, workspace, commits, budgets, quotas, documentWorker } = core

  /** Receives a file at a path of the workspace. */
  const receiveAt = async (path: string, upload: Upload): Promise<Arrived> =>
    await upload.take((content, announced) => receive(content, path, { most: largest, tooLarge: 'file_too_large' }, announced))

  /** Receives a file into the workspace, has it made a part of the scan, and takes it away from there. */
  const takeIn = async (actor: Actor, permit: Permit, upload: Upload, use: (arrived: Arrived, hand: Hand) => Promise<void>): Promise<void> => await quotas.uploading(actor, async () => {
    const path = workspace.temporary()
    const isHere = commits.expect(permit.scan)
    try {
      await use(await receiveAt(path, upload), (concerns, change) => {
        const handed = commits.change(permit, [concerns], change)
        isHere()
        return handed
      })
    } finally {
      isHere()
      discardFile(path)
    }
  })

  /** Makes what has arrived a file of a fileset. @returns its id */
  const add = async ({ scan, fileset }: { scan: string, fileset: string }, { received, fields, filename }: Arrived, said: Said, hand: Hand): Promise<string> => {
    const file = nameOf({ id: said.id ?? fields.id, ext: said.ext ?? fields.ext }, filename)
    const given = said.metadata ?? fields.metadata
    const stored = given === undefined ? undefined : await documentWorker.run('metadataOfUpload', { text: given, python: said.python === true, budget: budgets.metadata }, given.length)
    const metadata = stored === undefined ? undefined : workspace.temporary()
    try {
      if (stored !== undefined && metadata !== undefined) await onDisk(() => writeSynced(metadata, stored))
      await hand(`${fileset}/${file.id}`, creation({ layout, scan, fileset, file, received, metadata }))
    } finally {
      if (metadata) discardFile(metadata)
    }
    return file.id
  }

  return { receiveAt, takeIn, add }
}
