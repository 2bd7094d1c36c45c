import { join } from 'node:path'
import { fail } from '../errors.js'
import type { Precondition } from '../http/preconditions.js'
import type { Change } from './plan.js'
import type { Layout, Place } from './layout.js'
import type { ListedFile, Listing } from './listing.js'
import { isFolder, validatorsAt } from './open-file.js'
import { isSameFile, removalOf } from './placement.js'
import { cacheNames } from './previews.js'
import { look } from './fs/look.js'
import type { Received } from './receive.js'

/** Where a file belongs. */
export interface FilePlace extends Place { fileset: string, file: string }

interface Creation { layout: Layout, scan: string, fileset: string, file: ListedFile, received: Received, /** The path of its metadata. */ metadata: string | undefined }

const keyOf = ({ fileset, file }: FilePlace): string => `${fileset}/${file}`

/** The files that a fileset has in the listing. */
const filesIn = (layout: Layout, listing: Listing, { scan, fileset }: { scan: string, fileset: string }): ReadonlyMap<string, ListedFile> => {
  const listed = listing.filesets.get(fileset)
  return listed && isFolder(layout.fileset(scan, fileset)) ? listed.files : fail('fileset_not_found')
}

/** Adds a file. One that is listed but not there is filled in. @throws `file_exists`, `fileset_not_found` */
export const creation = ({ layout, scan, fileset, file, received, metadata }: Creation): Change => listing => {
  const there = filesIn(layout, listing, { scan, fileset }).get(file.id)
  const path = layout.content(scan, fileset, file.name)
  const place = { scan, fileset, file: file.id }
  const touched = new Map([[keyOf(place), received.digest]])
  if (there && isSameFile(received.path, path)) return { touched }
  const isLost = there !== undefined && look(layout.content(scan, fileset, there.name)) === undefined
  if ((there && !isLost) || (listing.hasName(fileset, file.name) && there?.name !== file.name)) return fail('file_exists')
  return {
    list: async draft => {
      if (there) await draft.removeFile(fileset, file.id)
      await draft.addFile(fileset, file)
    },
    // The content last: what a crash keeps from getting it was never there.
    place: [
      ...(metadata === undefined ? [] : [{ temporary: metadata, path: layout.metadata(place), replaces: false }]),
      { temporary: received.path, path, replaces: false }
    ],
    folders: metadata === undefined ? [] : [layout.fileMetadata(scan, fileset)],
    // Without metadata it has none, not those of a file before it.
    remove: metadata === undefined ? removalOf(layout.root, layout.metadata(place)) : [],
    touched
  }
}

/** Puts other content in the place of a file's. @throws `file_not_found`, `fileset_not_found`, `precondition_failed` */
export const replacement = (layout: Layout, place: FilePlace, received: Received, precondition?: Precondition): Change => listing => {
  const there = filesIn(layout, listing, place).get(place.file) ?? fail('file_not_found')
  const path = layout.content(place.scan, place.fileset, there.name)
  // One that is tried again may have happened.
  if (!isSameFile(received.path, path)) precondition?.(validatorsAt(path))
  return {
    // The listing says the same, but its age tells that the scan has changed.
    list: () => {},
    place: [{ temporary: received.path, path, replaces: true }],
    touched: new Map([[keyOf(place), received.digest]])
  }
}

/** Removes a file with its metadata and previews. @throws as `replacement` */
export const removal = (layout: Layout, place: FilePlace, precondition?: Precondition): Change => (listing, again) => {
  const { scan, fileset, file } = place
  const touched = new Map([[keyOf(place), undefined]])
  const there = filesIn(layout, listing, place).get(file)
  if (!there) return again ? { touched } : fail('file_not_found')
  precondition?.(validatorsAt(layout.content(scan, fileset, there.name)))
  const previews = isFolder(layout.webcache(scan)) ? cacheNames(scan, fileset, file).map(name => join(layout.webcache(scan), name)) : []
  return {
    list: draft => draft.removeFile(fileset, file),
    remove: [layout.content(scan, fileset, there.name), layout.metadata(place), ...previews].flatMap(path => removalOf(layout.root, path)),
    touched
  }
}
