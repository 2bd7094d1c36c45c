import { checkObject, checkPaths } from './archive.js'
import { openBody } from './body.js'
import { listedPaths } from '../datasets/archive/listed.js'
import { outlineAt } from '../datasets/format/document.js'
import { adoptMetadata, composeMetadata, describeScan, readShown, readStored, rewriteStored, sharingIn } from './metadata.js'
import { metadataOfUpload } from './upload.js'

/** What is done with documents: each takes and gives what can be handed to another thread. */
export const tasks = { openBody, readStored, readShown, rewriteStored, composeMetadata, describeScan, sharingIn, adoptMetadata, metadataOfUpload, checkObject, checkPaths, outlineAt, listedPaths }

export type Task = keyof typeof tasks
export type Given<T extends Task> = Parameters<typeof tasks[T]>[0]
export type Result<T extends Task> = ReturnType<typeof tasks[T]>

export const perform = <T extends Task>(task: T, given: Given<T>): Result<T> =>
  (tasks[task] as (given: Given<T>) => Result<T>)(given)
