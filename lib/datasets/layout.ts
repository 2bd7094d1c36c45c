import { join } from 'node:path'

/** What has metadata: a scan, a fileset of it, or a file in one. */
export interface Place { scan: string, fileset?: string | undefined, file?: string | undefined }

/** Where PlantDB keeps what, in the folder `root` of a database. */
export interface Layout {
  root: string
  scan: (scan: string) => string
  /** The list of filesets and files. */
  listing: (scan: string) => string
  fileset: (scan: string, fileset: string) => string
  content: (scan: string, fileset: string, name: string) => string
  metadata: (place: Place) => string
  metadataFolder: (scan: string) => string
  /** The folder of the metadata of a fileset's files. */
  fileMetadata: (scan: string, fileset: string) => string
  /** Previews; can be thrown away. */
  webcache: (scan: string) => string
}

export const layoutOf = (root: string): Layout => ({
  root,
  scan: scan => join(root, scan),
  listing: scan => join(root, scan, 'files.json'),
  fileset: (scan, fileset) => join(root, scan, fileset),
  content: (scan, fileset, name) => join(root, scan, fileset, name),
  metadata: ({ scan, fileset, file }) => join(root, scan, 'metadata', ...metadataPath(fileset, file)),
  metadataFolder: scan => join(root, scan, 'metadata'),
  fileMetadata: (scan, fileset) => join(root, scan, 'metadata', fileset),
  webcache: scan => join(root, scan, 'webcache')
})

function metadataPath (fileset: string | undefined, file: string | undefined): string[] {
  if (fileset === undefined) return ['metadata.json']
  return file === undefined ? [`${fileset}.json`] : [fileset, `${file}.json`]
}

/** Folders of our own inside the database; PlantDB passes over names with a leading dot. */
export const OWN_FOLDER = '.guardcell'
