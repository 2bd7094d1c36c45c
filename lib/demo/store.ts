import { Readable } from 'node:stream'
import { Problem } from '../errors.js'
import type { Datasets } from '../datasets/service.js'
import type { Actor } from '../datasets/rights.js'
import type { Upload } from '../datasets/upload.js'
import { demoScans, type DemoScan } from './scans.js'

const ADMIN: Actor = { username: 'admin', fullname: 'Administrator', admin: true, contributor: false, groups: [], reads: true, again: async () => ADMIN }

const uploadOf = (bytes: Buffer): Upload => ({
  take: async sink => ({ received: await sink(Readable.from([bytes])), fields: {}, filename: undefined })
})

async function store ({ filesets, ...scan }: DemoScan, datasets: Datasets): Promise<void> {
  await datasets.scans.create(ADMIN, scan)
  for (const { files, ...fileset } of filesets) {
    await datasets.filesets.create(ADMIN, scan.id, fileset)
    await Promise.all(files.map(async ({ id, extension, metadata, bytes }) => {
      await datasets.files.create(ADMIN, { scan: scan.id, fileset: fileset.id }, uploadOf(await bytes()), { id, ext: extension, metadata: metadata && JSON.stringify(metadata) })
    }))
  }
}

/** Adds the demonstration scans that are not there yet; they belong to `admin`. @returns the ids of the new ones */
export async function storeDemo (datasets: Datasets): Promise<string[]> {
  const added: string[] = []
  for (const scan of demoScans()) {
    try {
      await store(scan, datasets)
      added.push(scan.id)
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== 'scan_exists') throw error
    }
  }
  return added
}
