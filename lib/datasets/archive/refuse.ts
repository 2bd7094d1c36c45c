import { fail, Problem } from '../../errors.js'

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')

/**
 * Refuses an archive.
 *
 * @param entry the name of the entry that is at fault, or '' for the archive as a whole
 * @throws `archive_invalid`
 */
export const invalid = (entry: string, message: string): never =>
  fail('archive_invalid', { errors: [{ path: printable(entry).slice(0, 100), message: printable(message) }] })

/** Refuses an archive for its size. @throws `archive_too_large` */
export const tooLarge = (entry: string, message: string): never =>
  fail('archive_too_large', { errors: [{ path: printable(entry).slice(0, 100), message }] })

const isOfSystem = (error: unknown): boolean => (error as NodeJS.ErrnoException).syscall !== undefined

/**
 * What yauzl or zlib stumbles over is the fault of the archive; what the file system refuses is not.
 *
 * @param message what to say instead of what they say
 */
export const blame = (entry: string, message?: string) => (error: unknown): never => {
  if (error instanceof Problem || isOfSystem(error)) throw error
  return invalid(entry, message ?? (error as Error).message)
}
