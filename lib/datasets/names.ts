/** Ids of scans, filesets and files, and names of files: nothing that could lead out of a folder. */
export const NAME = '[A-Za-z0-9_-][A-Za-z0-9_.-]{0,199}'
/** File names are an id, a dot and an extension. */
export const EXTENSION = '[A-Za-z0-9]{1,16}'

const name = new RegExp(`^${NAME}$`)
const fileName = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,219}$/

const reservedScans = new Set(['users.json', 'groups.json', 'romidb'])
const reservedFilesets = new Set(['metadata', 'webcache', 'files.json', 'measures.json', 'scan.toml', 'pipeline.toml'])

/** Whether a scan may be called so. */
export const isScanId = (id: string): boolean => name.test(id) && !reservedScans.has(id)

/** Whether a fileset may be called so; one that ends like a metadata file would share its place with one. */
export const isFilesetId = (id: string): boolean => name.test(id) && !reservedFilesets.has(id) && !id.endsWith('.json')

/** Whether a file may have this id. */
export const isFileId = (id: string): boolean => name.test(id)

/** Whether a file in a fileset's folder may be called so. */
export const isFileName = (text: string): boolean => fileName.test(text)
