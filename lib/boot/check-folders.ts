import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { BootError } from '../boot-error.js'
import type { Folder } from './folders.js'

const program = fileURLToPath(new URL('./probe.js', import.meta.url))

/**
 * Has a process of its own make and try folders: a call of the file system that never returns, as on a network mount
 * that is away, would keep this one from ending.
 * @throws BootError with a sentence for each that cannot be used or does not answer
 */
export async function checkFolders (folders: readonly Folder[]): Promise<void> {
  const faults = await probe(folders)
  if (faults.length > 0) throw new BootError(faults)
}

const probe = (folders: readonly Folder[]): Promise<string[]> => new Promise(resolve => {
  const { NODE_OPTIONS: _, ...env } = process.env
  const argv = process.execArgv.filter(option => !option.startsWith('--inspect'))
  const child = spawn(process.execPath, [...argv, program, JSON.stringify(folders)], { stdio: ['ignore', 'pipe', 'inherit'], env })
  let answer = ''
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    answer += part
    if (!part.endsWith('\n')) return
    resolve(JSON.parse(answer) as string[])
    // It may be unable to end, and is not waited for.
    child.kill('SIGKILL')
    child.unref()
    child.stdout.destroy()
  })
  // Where no other process can be had, the folders are looked at by this one alone, when it opens them.
  child.once('error', () => resolve([]))
  child.once('close', () => resolve([]))
})
