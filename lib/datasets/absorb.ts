import type { FileRecord, Filesets } from './index-entry.js'
import type { Layout } from './layout.js'
import type { Listing } from './listing.js'
import { look } from './fs/look.js'
import { readFileRecord } from './read-scan.js'

interface Absorbing {
  layout: Layout
  scan: string
  /** What is known; it is changed. */
  filesets: Filesets
  /** As it is on the disk now. */
  listing: Listing
}

/** Brings what is known of a fileset (`fileset`) or a file (`fileset/id`) to what was just written. */
export function absorbOne ({ layout, scan, filesets, listing }: Absorbing, key: string, digest: string | undefined): void {
  const [id = '', file] = key.split('/')
  const listed = listing.filesets.get(id)
  const folder = look(layout.fileset(scan, id))
  if (!listed || !folder) {
    filesets.delete(id)
    return
  }
  const fileset = filesets.get(id) ?? { id, created: folder.birthtimeMs || folder.mtimeMs, modified: 0, files: new Map<string, FileRecord>() }
  filesets.set(id, fileset)
  fileset.modified = folder.mtimeMs
  if (file === undefined) return
  const name = listed.files.get(file)?.name
  const record = name === undefined ? undefined : readFileRecord(layout, scan, id, file, name)
  if (!record) {
    fileset.files.delete(file)
    return
  }
  const before = fileset.files.get(file)
  const known = digest ?? (before?.modified === record.modified && before.bytes === record.bytes ? before.digest : undefined)
  fileset.files.set(file, { ...record, ...(known === undefined ? {} : { digest: known }) })
}
