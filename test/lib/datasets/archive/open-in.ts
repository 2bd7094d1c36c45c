import { readdirSync, readlinkSync } from 'node:fs'

/** What the process has open in a folder. */
export const openIn = (folder: string): string[] => readdirSync('/proc/self/fd').flatMap(fd => {
  try { return [readlinkSync(`/proc/self/fd/${fd}`)] } catch { return [] }
}).filter(path => path.startsWith(folder))
