import { mkdir, open, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { crc32, createInflateRaw } from 'node:zlib'
import { syncFolder } from '../disk.js'
import { letGo } from '../reclaim.js'
import type { Entry } from './entry.js'
import type { Plan } from './plan.js'
import { blame, invalid } from './refuse.js'
import { bytesOf } from './source.js'
import { together } from './together.js'

/** Passes on no more bytes than the entry states, and in the end only those that it states. */
const verified = ({ name, size, crc }: Entry) => async function * (chunks: AsyncIterable<Buffer>) {
  let seen = 0
  let sum = 0
  for await (const chunk of chunks) {
    seen += chunk.length
    if (seen > size) invalid(name, 'has more bytes than it states')
    sum = crc32(chunk, sum)
    yield chunk
  }
  if (seen < size) invalid(name, 'has fewer bytes than it states')
  if (sum !== crc) invalid(name, 'does not have the checksum that it states')
}

async function unpackInto (file: FileHandle, archive: FileHandle, entry: Entry, signal: AbortSignal): Promise<void> {
  const { name, start, packed, isDeflated } = entry
  const source = bytesOf(archive, start, start + packed)
  const sink = async (chunks: AsyncIterable<Buffer>): Promise<void> => {
    for await (const chunk of chunks) {
      await file.writeFile(chunk)
      letGo(chunk.length)
    }
  }
  if (!isDeflated) return pipeline(source, verified(entry), sink, { signal })
  const inflate = createInflateRaw()
  await pipeline(source, inflate, verified(entry), sink, { signal })
  if (inflate.bytesWritten < packed) invalid(name, 'has bytes after its end')
}

async function unpackFile (archive: FileHandle, entry: Entry, path: string, signal: AbortSignal): Promise<void> {
  const file = await open(path, 'wx', 0o644)
  try {
    await unpackInto(file, archive, entry, signal).catch(blame(entry.name, 'is damaged'))
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Writes the files of a plan into an empty folder, each synced; names of folders and files are not yet. */
export async function unpack (archive: FileHandle, { files, folders }: Plan, target: string, signal?: AbortSignal): Promise<void> {
  for (const folder of folders) await mkdir(join(target, folder))
  await together(files, ([path, entry], either) => unpackFile(archive, entry, join(target, path), either), signal)
}

/** Makes the names in the folders survive a crash. */
export const syncFolders = (target: string, folders: Iterable<string>): Promise<void> =>
  together(['', ...folders], folder => syncFolder(join(target, folder)))
