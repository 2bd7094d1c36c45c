import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** What a folder holds, without our own and other hidden ones; nothing if it is not there. */
async function entriesOf (folder: string): Promise<string[]> {
  const entries = await readdir(folder).catch(() => [])
  return entries.filter(name => !name.startsWith('.'))
}

const without = (all: readonly string[], known: ReadonlySet<string>, what: string): string[] => all.filter(name => !known.has(name)).map(name => `${name}: ${what}`)
const within = (place: string, faults: string[]): string[] => faults.map(fault => `${place}/${fault}`)
const twice = (names: readonly string[]): string[] => names.filter((name, i) => names.indexOf(name) !== i).map(name => `${name}: is listed twice`)

async function badJson (folder: string, names: readonly string[]): Promise<string[]> {
  const bad: string[] = []
  for (const name of names.filter(name => name.endsWith('.json'))) {
    try {
      JSON.parse(await readFile(join(folder, name), 'utf8'))
    } catch (error) {
      bad.push(`${name}: ${(error as Error).message}`)
    }
  }
  return bad
}

async function filesetFaults (scan: string, id: string, files: Array<{ id: string, file: string }>): Promise<string[]> {
  const names = await entriesOf(join(scan, id))
  const metadata = await entriesOf(join(scan, 'metadata', id))
  const listed = files.map(({ file }) => file)
  return [
    ...twice(listed),
    ...twice(files.map(file => file.id)),
    ...without(listed, new Set(names), 'is listed and not there'),
    ...without(names, new Set(listed), 'is there and not listed'),
    ...within('metadata', without(metadata, new Set(files.map(file => `${file.id}.json`)), 'belongs to no file')),
    ...within('metadata', await badJson(join(scan, 'metadata', id), metadata))
  ]
}

async function scanFaults (scan: string): Promise<string[]> {
  const { filesets } = JSON.parse(await readFile(join(scan, 'files.json'), 'utf8')) as { filesets: Array<{ id: string, files: Array<{ id: string, file: string }> }> }
  const ids = filesets.map(({ id }) => id)
  const folders = await entriesOf(scan)
  const metadata = await entriesOf(join(scan, 'metadata'))
  const faults = await Promise.all(filesets.map(async ({ id, files }) => within(id, await filesetFaults(scan, id, files))))
  return [
    ...twice(ids),
    ...without(ids, new Set(folders), 'is listed and not there'),
    ...without(folders, new Set([...ids, 'metadata', 'webcache', 'files.json']), 'is there and not listed'),
    ...within('metadata', without(metadata, new Set(['metadata.json', ...ids, ...ids.map(id => `${id}.json`)]), 'belongs to no fileset')),
    ...within('metadata', await badJson(join(scan, 'metadata'), metadata)),
    ...faults.flat()
  ]
}

/** What is wrong in the folder of a database, so that listings and files do not agree. */
export async function faultsOfFolder (root: string): Promise<string[]> {
  const faults = await Promise.all((await entriesOf(root)).map(async id => {
    try {
      return within(id, await scanFaults(join(root, id)))
    } catch (error) {
      return [`${id}: ${(error as Error).message}`]
    }
  }))
  return faults.flat()
}

/** What lies in the folders of replicas for what is not finished, by replica. */
export async function unfinished (root: string): Promise<string[][]> {
  const folder = join(root, '.guardcell/tmp')
  return await Promise.all((await readdir(folder)).map(async replica => await readdir(join(folder, replica))))
}

/** Reads a listing all the time until some work is done. @returns how often, and what could not be read */
export async function readAllTheTime (listing: string, work: Promise<unknown>): Promise<{ count: number, broken: string[] }> {
  let isOver = false
  work.then(() => { isOver = true }, () => { isOver = true })
  const broken: string[] = []
  let count = 0
  for (; !isOver; count++) {
    const text = await readFile(listing, 'utf8').catch(String)
    try {
      JSON.parse(text)
    } catch {
      broken.push(text.slice(0, 200))
    }
    await sleep(1)
  }
  return { count, broken }
}
