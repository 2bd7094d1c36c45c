import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fail } from '../errors.js'
import { membersOf } from './archive/members.js'
import { archiveOf } from './archive/write.js'
import type { Limits } from './archive/directory.js'
import { unpackArchive } from './archive/read.js'
import { Permit } from './commit/permit.js'
import { callerOf, timeText, type Core } from './core.js'
import { discard, missingAs, onDisk, writeSynced, syncFolder } from './disk.js'
import { isScanId } from './names.js'
import { isFolder } from './open-file.js'
import { presentScan } from './present.js'
import { look, sizeOf } from './fs/look.js'
import { readPlain } from './plain-file.js'
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
  /** Makes a scan of an archive; it belongs to who imports it. @returns it and the paths of its files @throws `scan_exists`, `archive_invalid`, `archive_too_large`, `quota_exceeded`, `too_many_uploads` */
  import: (actor: Actor, scan: string, upload: Upload) => Promise<{ scan: Scan, paths: string[] }>
}

interface Parts { people: People, limits: Limits }

const MOST_GROUPS = 100

export function createArchives (core: Core, { people, limits }: Parts): Archives {
  const { layout, workspace, index, now, budgets, quotas, documentWorker } = core

  /** What an archive says of groups counts only as far as its importer could share the scan with them. */
  const groupsIn = async (actor: Actor, text: string): Promise<string[]> =>
    await shareableGroups(people, actor, await documentWorker.run('sharingIn', { text, most: MOST_GROUPS }, text.length, callerOf(actor)))

  /** @returns bytes by which the metadata have grown */
  const takeOver = async (folder: string, actor: Actor): Promise<number> => {
    const path = join(folder, 'metadata', 'metadata.json')
    // It was looked at as it was unpacked.
    const text = await readPlain(path) ?? '{}'
    const groups = await groupsIn(actor, text)
    const time = timeText(now())
    const first = { created: time, created_by: actor.fullname, last_modified: time }
    const last = { owner: actor.username, ...(groups.length > 0 ? { sharing: groups } : {}) }
    const adopted = await documentWorker.run('adoptMetadata', { text, first, last, budget: budgets.metadata }, text.length, callerOf(actor))
    const before = sizeOf(path)
    await discard(path)
    await writeSynced(path, adopted)
    await syncFolder(join(folder, 'metadata'))
    return Buffer.byteLength(adopted) - before
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
      return { ...await onDisk(() => archiveOf(documentWorker, layout.scan(scan))), permit }
    },

    import: (actor, scan, upload) => quotas.uploading(actor, async () => {
      core.ready()
      const permit = Permit.creation(core, actor, scan)
      if (!isScanId(scan)) return fail('invalid_request', { errors: [{ path: '/params/scan', message: 'is reserved' }] })
      if (look(layout.scan(scan))) return fail('scan_exists')
      const archive = workspace.temporary()
      const folder = workspace.temporary()
      const room = quotas.roomFor(actor, actor.username, scan)
      try {
        room.take({ scans: 1 })
        await upload.take((content, announced) => receive(content, archive, { most: limits.bytes, tooLarge: 'archive_too_large' }, announced))
        await onDisk(async () => {
          await unpackArchive(archive, folder, { limits, budgets, documentWorker }, { admit: metadata => room.take({ metadata }) })
          room.take({ metadata: await takeOver(folder, actor) })
        })
        await adoptScan(core, permit, folder)
      } finally {
        room.done()
        await discard(archive)
        await discard(folder)
      }
      return { scan: presentScan(await index.get(scan) ?? fail('scan_not_found')), paths: await pathsOf(scan) }
    })
  }
}
