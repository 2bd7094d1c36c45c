import { readdir } from 'node:fs/promises'
import type { ScanSummary } from './index-entry.js'
import type { Layout } from './layout.js'
import { isScanId } from './names.js'
import { look } from './fs/look.js'
import { stampOfScan } from './format/stamp.js'

/** The folders of a root that are scans by their names, and those that would be if they were called otherwise. */
export async function scansIn (root: string): Promise<{ present: ReadonlySet<string>, misnamed: string[] }> {
  const found = await readdir(root, { withFileTypes: true })
  const names = found.filter(entry => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink())).map(({ name }) => name)
  return { present: new Set(names.filter(isScanId)), misnamed: names.filter(name => !isScanId(name)) }
}

/** Whether the scan in the folder is still the one that was summed up. */
export function isAsItWas (layout: Layout, { id, stamp }: ScanSummary): boolean {
  try {
    return look(layout.scan(id))?.isDirectory() === true && stampOfScan(layout, id) === stamp
  } catch {
    return false
  }
}
