import { isFileName, isFilesetId } from '../names.js'

/**
 * Whether a scan may have a folder of that path: filesets, `metadata` and the folders of filesets in it. A name
 * that ends in `.json` or is that of a file of the scan would lie where such a file belongs.
 */
export function isFolderPlace ([first = '', second, ...deeper]: readonly string[]): boolean {
  if (deeper.length > 0) return false
  return second === undefined ? first === 'metadata' || isFilesetId(first) : first === 'metadata' && isFilesetId(second)
}

/** Whether a scan may have a file of that path: in its folder, in a fileset, or in `metadata` one level deeper. */
export const isFilePlace = (parts: readonly string[]): boolean =>
  isFileName(parts.at(-1) ?? '') && (parts.length === 1 || isFolderPlace(parts.slice(0, -1)))
