import type { Stats } from 'node:fs'
import { look, statOf } from '../fs/look.js'
import type { Layout } from '../layout.js'

const stampOf = ({ ino, size, mtimeMs }: Stats): string => `${ino}.${size}.${mtimeMs}`

/** Tells versions of the metadata of a scan apart. */
function stampOfMetadata (layout: Layout, scan: string): string {
  const metadata = look(layout.metadata({ scan }))
  return metadata ? stampOf(metadata) : '-'
}

/** Tells versions of what the index holds of a scan apart. @throws DamagedScan */
export function stampOfScan (layout: Layout, scan: string): string {
  return `${stampOf(statOf(layout.listing(scan), 'files.json'))}|${stampOfMetadata(layout, scan)}`
}

/** Whether a stamp is of the metadata that a scan has now. */
export const isOfMetadata = (stamp: string, layout: Layout, scan: string): boolean => stamp.endsWith(`|${stampOfMetadata(layout, scan)}`)
