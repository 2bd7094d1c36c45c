import type { FastifyInstance } from 'fastify'
import { randomBytes } from 'node:crypto'
import { buildApp } from './app.js'
import { BootError } from './boot-error.js'
import { loadConfig } from './config/load.js'
import { Problem } from './errors.js'

interface Command {
  usage: string
  summary: string
  /** @returns what is printed */
  run: (app: FastifyInstance, args: string[]) => Promise<string>
}

class UsageError extends Error {}

const commands: Record<string, Command> = {
  password: {
    usage: 'password <username>',
    summary: 'gives an account a new password, prints it, and ends all of its sessions',
    run: async (app, [username, ...more]) => {
      if (username === undefined || more.length > 0) throw new UsageError()
      const password = randomBytes(15).toString('base64url')
      await app.accounts.resetPassword(username, password)
      return `The new password of ${username}: ${password}\nAll of its sessions have ended.\n`
    }
  }
}

const help = (): string => `Usage: guardcell <command>\n\n${Object.values(commands).map(({ usage, summary }) => `  ${usage}\n      ${summary}\n`).join('')}
Configured by the same variables as the service, see docs/config.md.\n`

/**
 * Runs one command of the command line.
 * @returns exit code and what to print: 0 and standard output, else standard error
 */
export async function runCommand ([name = '', ...args]: string[], env: NodeJS.ProcessEnv): Promise<{ code: number, text: string }> {
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (!command) return { code: ['', 'help', '--help', '-h'].includes(name) ? 0 : 2, text: help() }
  try {
    const app = await buildApp({ ...loadConfig(env), LOG_LEVEL: 'silent' })
    try {
      await app.ready()
      return { code: 0, text: await command.run(app, args) }
    } finally {
      await app.close()
    }
  } catch (error) {
    if (error instanceof UsageError) return { code: 2, text: help() }
    if (error instanceof BootError || error instanceof Problem) return { code: 1, text: `${error.message}\n` }
    throw error
  }
}
