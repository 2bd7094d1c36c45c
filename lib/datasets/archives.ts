import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fail } from '../errors.js'
import { parseExact } from '../json/exact.js'
import { membersOf } from './archive/members.js'
import { archiveOf } from './archive/write.js'
import type { Limits } from './archive/directory.js'
import { unpackArchive } from './archive/read.js'
import { Permit } from './commit/permit.js'
import { timeText, type Core } from './core.js'
import { discard, missingAs, onDisk, writeSynced, syncFolder } from './disk.js'
import type { Metadata } from './index-entry.js'
import { rewrittenMetadata } from './format/metadata-text.js'
import { isScanId } from './names.js'
import { isFolder } from './open-file.js'
import { presentScan } from './present.js'
import { documentIn, NOTHING } from './format/document.js'
import { look } from './fs/look.js'
import { receive } from './receive.js'
import type { Actor } from './rights.js'
import { adoptScan, type People } from './scans.js'
import type { Scan } from './schema.js'
import { shareableGroups } from './sharing.js'
import type { Upload } from './upload.js'

/** A scan as one ZIP. */
export interface Archives {
  /** @returns a stream of `size` bytes, to be sent as long as the permit holds @throws `scan_damaged`; `scan_busy` if a file goes away at that moment */
  export: (actor: Actor, scan: string) => Promise<{ stream: Readable, size: number, permit: Permit }>
  /** Makes a scan of an archive; it belongs to who imports it. @returns it and the paths of its files @throws `scan_exists`, `archive_invalid`, `archive_too_large` */
  import: (actor: Actor, scan: string, upload: Upload) => Promise<{ scan: Scan, paths: string[] }>
}

interface Parts { people: People, limits: Limits }

const MOST_GROUPS = 100

export function createArchives (core: Core, { people, limits }: Parts): Archives {
  const { layout, workspace, index, now, budgets } = core

  /** What an archive says of groups counts only as far as its importer could share the scan with them. */
  const groupsIn = async (actor: Actor, sharing: unknown): Promise<string[]> => {
    const names = Array.isArray(sharing) ? [...new Set(sharing.filter(name => typeof name === 'string'))].slice(0, MOST_GROUPS) : []
    return await shareableGroups(people, actor, names)
  }

  const takeOver = async (folder: string, actor: Actor): Promise<void> => {
    const path = join(folder, 'metadata', 'metadata.json')
    const { text } = documentIn(folder, path, 'metadata', budgets.metadata) ?? NOTHING
    const { sharing, ...given } = parseExact(text) as Metadata
    const groups = await groupsIn(actor, sharing)
    const time = timeText(now())
    const value: Metadata = {
      created: time,
      created_by: actor.fullname,
      last_modified: time,
      ...given,
      owner: actor.username,
      ...(groups.length > 0 ? { sharing: groups } : {})
    }
    await discard(path)
    await writeSynced(path, rewrittenMetadata(text, value, budgets.metadata))
    await syncFolder(join(folder, 'metadata'))
  }

  const pathsOf = async (scan: string): Promise<string[]> => {
    const members = await membersOf(layout.scan(scan)).catch(missingAs('scan_not_found'))
    return members.filter(({ isFolder }) => !isFolder).map(({ path }) => path)
  }

  return {
    export: async (actor, scan) => {
      const permit = await Permit.use(core, actor, 'read', scan)
      if (!isFolder(layout.scan(scan))) return fail('scan_not_found')
      if (index.isIncomplete(scan)) return fail('scan_damaged')
      return { ...await onDisk(() => archiveOf(layout.scan(scan))), permit }
    },

    import: async (actor, scan, upload) => {
      core.ready()
      const permit = Permit.creation(core, actor, scan)
      if (!isScanId(scan)) return fail('invalid_request', { errors: [{ path: '/params/scan', message: 'is reserved' }] })
      if (look(layout.scan(scan))) return fail('scan_exists')
      const archive = workspace.temporary()
      const folder = workspace.temporary()
      try {
        await upload.take((content, announced) => receive(content, archive, { most: limits.bytes, tooLarge: 'archive_too_large' }, announced))
        await onDisk(async () => {
          await unpackArchive(archive, folder, limits, budgets)
          await takeOver(folder, actor)
        })
        await adoptScan(core, permit, folder)
      } finally {
        await discard(archive)
        await discard(folder)
      }
      return { scan: presentScan(await index.get(scan) ?? fail('scan_not_found')), paths: await pathsOf(scan) }
    }
  }
}
