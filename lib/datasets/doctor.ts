import { mkdir, readdir, rename } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Permit } from './commit/permit.js'
import type { Core } from './core.js'
import { onDisk, syncFolder, writeSynced } from './disk.js'
import { readPlain } from './plain-file.js'
import { examineScan, listingOf, type Finding, type Remedy } from './examine.js'
import { Listing } from './listing.js'
import { metadataText } from './format/metadata-text.js'
import { pace } from './pace.js'
import { look } from './fs/look.js'

/** Looks for damage in the folder of the data sets, and mends it. */
export interface Doctor {
  examine: () => Promise<Finding[]>
  /** Mends what can be mended. Nothing is thrown away: what is replaced lies in `.guardcell/lost+found` then. @returns what was mended */
  mend: () => Promise<Finding[]>
}

export function createDoctor (core: Core): Doctor {
  const { layout, workspace, commits, index, announce, budgets } = core

  /** Moves something to the same place below `lost+found`. */
  const setAside = async (path: string): Promise<void> => {
    if (!look(join(layout.root, path))) return
    const documentWorker = join(workspace.lost, dirname(path), `${basename(path)}.${Date.now()}`)
    await mkdir(dirname(documentWorker), { recursive: true })
    await rename(join(layout.root, path), documentWorker)
    await syncFolder(dirname(join(layout.root, path)))
  }

  const put = async (path: string, text: string): Promise<void> => {
    const temporary = workspace.temporary()
    await writeSynced(temporary, text)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  }

  const cleanListing = async (scan: string): Promise<void> => {
    const listing = await (await Listing.of(await readPlain(layout.listing(scan)) ?? '')).withoutFaults()
    for (const { id, files } of [...listing.filesets.values()]) {
      if (!look(layout.fileset(scan, id))?.isDirectory()) listing.removeFileset(id)
      else for (const file of [...files.values()]) if (!look(layout.content(scan, id, file.name))?.isFile()) await listing.removeFile(id, file.id)
    }
    await setAside(join(scan, 'files.json'))
    await put(layout.listing(scan), String(listing))
  }

  const cures: Record<Remedy, (finding: Finding) => Promise<void>> = {
    new_metadata: async ({ scan, path }) => {
      if (path.endsWith('.json')) await setAside(path)
      await mkdir(layout.metadataFolder(scan), { recursive: true })
      await put(layout.metadata({ scan }), metadataText({ visibility: 'private' }, budgets.metadata))
    },
    new_listing: async ({ scan, path }) => {
      await setAside(path)
      await put(layout.listing(scan), String(await listingOf(layout, scan)))
    },
    clean_listing: ({ scan }) => cleanListing(scan),
    set_aside: ({ path }) => setAside(path)
  }

  const scans = async (): Promise<string[]> =>
    (await readdir(layout.root, { withFileTypes: true })).filter(entry => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink())).map(({ name }) => name)

  const mendScan = (scan: string): Promise<Finding[]> => commits.alone(Permit.service(scan), async () => {
    const mended: Finding[] = []
    // A remedy can bring more to light: files of a list that was made anew, for example.
    for (let round = 0; round < 3; round++) {
      const open = (await examineScan(layout, scan, budgets)).filter(({ remedy }) => remedy !== undefined)
      const done = new Set<string>()
      for (const finding of open) {
        const remedy = finding.remedy!
        const what = remedy === 'clean_listing' ? remedy : finding.path
        if (!done.has(what)) await cures[remedy](finding)
        done.add(what)
      }
      mended.push(...open)
      if (open.length === 0) break
    }
    return mended
  })

  return {
    examine: async () => {
      const findings: Finding[] = []
      for (const scan of await scans()) {
        findings.push(...await examineScan(layout, scan, budgets))
        await pace()
      }
      return findings
    },
    mend: async () => {
      const mended: Finding[] = []
      for (const scan of await scans()) {
        if ((await examineScan(layout, scan, budgets)).every(({ remedy }) => remedy === undefined)) continue
        mended.push(...await onDisk(() => mendScan(scan)))
        index.invalidate(scan)
        await announce(scan)
      }
      return mended
    }
  }
}
