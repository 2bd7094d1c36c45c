import { isFileId, isFileName, isFilesetId } from '../names.js'
import { invalid } from './refuse.js'

const fault = (where: string, message: string): never => invalid('files.json', `${where || 'It'} ${message}`)

/** The objects of a list, each with its place. */
function objectsIn (parent: unknown, member: string, where: string): Array<[where: string, object: Record<string, unknown>]> {
  const list = (parent as Record<string, unknown> | null)?.[member]
  if (!Array.isArray(list)) return fault(where, `has no list of ${member}`)
  return list.map((item: unknown, index) => {
    const here = `${where}/${member}/${index}`
    return item instanceof Object ? [here, item as Record<string, unknown>] : fault(here, 'is no object')
  })
}

/** Names that must be right and different from each other. */
function nameReader (member: string, isRight: (name: string) => boolean) {
  const seen = new Set<string>()
  return (object: Record<string, unknown>, where: string): string => {
    const name = object[member]
    if (typeof name !== 'string' || !isRight(name)) return fault(where, `has no right ${member}`)
    if (seen.has(name)) return fault(where, `has the ${member} of another one`)
    seen.add(name)
    return name
  }
}

function checkFiles (fileset: string, object: Record<string, unknown>, where: string, files: ReadonlySet<string>): void {
  const idOf = nameReader('id', isFileId)
  const nameOf = nameReader('file', isFileName)
  for (const [here, file] of objectsIn(object, 'files', where)) {
    idOf(file, here)
    if (!files.has(`${fileset}/${nameOf(file, here)}`)) fault(here, 'lists a file that is not there')
  }
}

/**
 * Checks a `files.json` against the files that came with it. Members that it does not know are let be.
 *
 * @param files the paths of all of them
 * @returns the ids of the filesets
 * @throws `archive_invalid`
 */
export function checkListing (listing: unknown, files: ReadonlySet<string>): string[] {
  const idOf = nameReader('id', isFilesetId)
  return objectsIn(listing, 'filesets', '').map(([where, fileset]) => {
    const id = idOf(fileset, where)
    if (files.has(id) || files.has(`metadata/${id}`)) fault(where, 'lists a fileset whose place a file takes')
    checkFiles(id, fileset, where, files)
    return id
  })
}
