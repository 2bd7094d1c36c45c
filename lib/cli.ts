import { buildApp, makeReady } from './app.js'
import { BootError } from './boot-error.js'
import { foldersOf, type Folder } from './boot/folders.js'
import { commands, tools } from './commands.js'
import { loadConfig } from './config/load.js'
import { Problem } from './errors.js'
import { UnusableFile } from './plantdb/read-json.js'
import { UsageError } from './usage-error.js'

const operator = { by: 'operator', session: '', device: null }

const help = (): string => `Usage: guardcell <command>\n\n${[...Object.values(commands), ...Object.values(tools)].map(({ usage, summary }) => `  ${usage}\n      ${summary}\n`).join('')}
Configured by the same variables as the service, see docs/config.md.\n`

/** Takes a part of what a command prints, and answers when it may be given the next one. */
type Print = (part: string) => Promise<void>

/** Whether a command needs what the service needs, a Redis above all. */
export const needsService = ([name = '']: string[]): boolean => Object.hasOwn(commands, name)

/**
 * Runs one command of the command line.
 * @param print is given what is long, part by part; without it all of it is in the answer
 * @param check looks at the folders first, as a process does that has to end even where they never answer
 * @returns exit code and what else to print: 0 and standard output, else standard error
 */
export async function runCommand ([name = '', ...args]: string[], env: NodeJS.ProcessEnv, print?: Print, check?: (folders: readonly Folder[]) => Promise<void>): Promise<{ code: number, text: string }> {
  const parts: string[] = []
  const take: Print = print ?? (async part => { parts.push(part) })
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  const tool = Object.hasOwn(tools, name) ? tools[name] : undefined
  if (!command && !tool) return { code: ['', 'help', '--help', '-h'].includes(name) ? 0 : 2, text: help() }
  try {
    if (!command) return { code: 0, text: tool!.run(args) }
    const config = loadConfig(env)
    await check?.(foldersOf(config))
    await command.prepare?.(args, config)
    const app = await buildApp({ ...config, LOG_LEVEL: 'silent' })
    try {
      await makeReady(app)
      await app.acting.run(() => operator, async () => {
        const printed = command.run(app, args, config)
        if (printed instanceof Promise) parts.push(await printed)
        else for await (const part of printed) await take(part)
      })
      return { code: 0, text: parts.join('') }
    } finally {
      await app.close()
    }
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, text: help() }
    if (error instanceof BootError || error instanceof Problem || error instanceof UnusableFile) return { code: 1, text: `${error.message}\n` }
    throw error
  }
}
