import mime from 'mime'
import { etagOf } from '../http/etag.js'
import type { Tagged } from '../http/preconditions.js'
import type { FileRecord, FilesetRecord, ScanSummary } from './index-entry.js'
import type { File, Fileset, Scan } from './schema.js'

const time = (ms: number): string => new Date(ms).toISOString()

/** A scan as clients see it. */
export const presentScan = ({ id, owner, groups, visibility, created, modified, filesets, files, bytes, thumbnail }: ScanSummary): Scan => ({
  id,
  owner,
  groups: [...groups],
  visibility,
  created: time(created),
  last_modified: time(modified),
  filesets,
  files,
  bytes,
  thumbnail: thumbnail && `/v1/scans/${id}/filesets/${thumbnail[0]}/files/${thumbnail[1]}/image?size=thumb`
})

export const presentFileset = (scan: string, { id, files, created, modified }: FilesetRecord): Fileset => ({
  id,
  scan,
  files: files.size,
  bytes: [...files.values()].reduce((sum, file) => sum + file.bytes, 0),
  created: time(created),
  last_modified: time(modified)
})

/** By the extension of the name, never by what an uploader says. */
export const mediaTypeOf = (name: string): string => mime.getType(name) ?? 'application/octet-stream'

export const presentFile = (scan: string, fileset: string, { id, name, bytes, digest, created, modified }: FileRecord): File => ({
  id,
  name,
  scan,
  fileset,
  bytes,
  media_type: mediaTypeOf(name),
  digest: digest ?? null,
  created: time(created),
  last_modified: time(modified)
})

/** @param version tells apart what looks the same */
const tagged = <T>(value: T, version: string | number, modified: number): Tagged<T> =>
  ({ value, etag: etagOf(`${JSON.stringify(value)} ${version}`), modified })

/** A scan with its entity tag, which changes with its metadata as well. */
export const tagScan = (scan: ScanSummary): Tagged<Scan> => tagged(presentScan(scan), scan.stamp, scan.modified)

export const tagFileset = (scan: string, fileset: FilesetRecord): Tagged<Fileset> => tagged(presentFileset(scan, fileset), fileset.modified, fileset.modified)

export const tagFile = (scan: string, fileset: string, file: FileRecord): Tagged<File> => tagged(presentFile(scan, fileset, file), file.modified, file.modified)
