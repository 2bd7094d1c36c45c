import type { FastifyInstance } from 'fastify'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { createPasswords } from './accounts/passwords.js'
import { exportLines, optionsIn } from './audit/command.js'
import type { Config } from './config/schema.js'
import { remedies, type Finding } from './datasets/examine.js'
import { storeDemo } from './demo/store.js'
import { clientSecretHash, newClientSecret } from './oauth/client-secret.js'
import { asksForReset, keysCommand } from './keys/command.js'
import { resetKeys } from './keys/reset.js'
import { importAccounts } from './plantdb/import-accounts.js'
import { UsageError } from './usage-error.js'

/** A command that needs the service, but does not serve. */
export interface Command {
  usage: string
  summary: string
  /** What has to be done before the service is put together. */
  prepare?: (args: string[], config: Config) => Promise<void>
  /** @returns what is printed; what may be long, part by part */
  run: (app: FastifyInstance, args: string[], config: Config) => Promise<string> | AsyncIterable<string>
}

/** A command that needs no service: only its arguments. */
export interface Tool { usage: string, summary: string, run: (args: string[]) => string }

export const tools: Record<string, Tool> = {
  'client-secret': {
    usage: 'client-secret',
    summary: 'makes a secret for a client of OAUTH_CLIENTS, prints it once, and the hash that goes there',
    run: args => {
      if (args.length > 0) throw new UsageError()
      const secret = newClientSecret()
      return `client_secret       ${secret}\nclient_secret_hash  ${clientSecretHash(secret)}\n`
    }
  }
}

export const commands: Record<string, Command> = {
  password: {
    usage: 'password <username>',
    summary: 'gives an account a new password, prints it, and ends all of its sessions',
    run: async (app, [username, ...more]) => {
      if (username === undefined || more.length > 0) throw new UsageError()
      const password = randomBytes(15).toString('base64url')
      await app.accounts.resetPassword(username, password)
      return `The new password of ${username}: ${password}\nAll of its sessions have ended.\n`
    }
  },
  audit: {
    usage: 'audit [--since <time>] [--until <time>] [--user <name or id>]',
    summary: 'prints the audit log as JSON lines, the earliest first',
    run: (app, args) => exportLines(app.audit, app.accountStore, optionsIn(args))
  },
  keys: {
    usage: 'keys list | rotate | remove <kid> | status | reset --yes',
    summary: 'lists the keys that tokens are signed with, announces a new one, removes one with all that it signed, tells whether a former secret can go, or starts over after the secret was lost',
    prepare: async (args, config) => { if (asksForReset(args)) await resetKeys(config) },
    run: async (app, args) => await keysCommand({ keys: app.keys, endEverything: app.endEverything }, args)
  },
  demo: {
    usage: 'demo',
    summary: 'adds two small made-up scans, to have something to look at',
    run: async app => {
      await app.datasets.opened
      const added = await storeDemo(app.datasets)
      return added.length > 0 ? `Added ${added.join(' and ')}.\n` : 'The demonstration scans are there already.\n'
    }
  },
  doctor: {
    usage: 'doctor [--fix]',
    summary: 'lists what in the folder of the data sets cannot be used; with --fix mends what can be, and throws nothing away',
    run: async (app, [option, ...more]) => {
      if (more.length > 0 || ![undefined, '--fix'].includes(option)) throw new UsageError()
      await app.datasets.opened
      if (option === undefined) return findingsText(await app.datasets.doctor.examine())
      const mended = await app.datasets.doctor.mend()
      return `${mendedText(mended)}${findingsText(await app.datasets.doctor.examine())}`
    }
  },
  'import-plantdb': {
    usage: 'import-plantdb [folder]',
    summary: 'takes over the accounts and groups of a PlantDB database; the folder is DATA_DIR unless another one is named',
    run: async (app, [folder, ...more], config) => {
      if (more.length > 0) throw new UsageError()
      const { accounts, groups, notes } = await importAccounts({
        folder: folder ?? config.DATA_DIR ?? join(config.STATE_DIR, 'datasets'),
        accounts: app.accounts,
        groups: app.groups,
        passwords: await createPasswords(1),
        now: Date.now
      })
      return [`${accounts} accounts and ${groups} groups taken over, ${notes.length} lines to look at`, ...notes, ''].join('\n')
    }
  }
}

const findingsText = (findings: readonly Finding[]): string => findings.length === 0
  ? 'Nothing is wrong with the data sets.\n'
  : `${findings.map(({ path, reason, remedy }) => `${path}: ${reason} [${remedy === undefined ? 'to be looked at by hand' : `--fix: ${remedies[remedy]}`}]\n`).join('')}${findings.length} to look at.\n`

const mendedText = (mended: readonly Finding[]): string =>
  mended.map(({ path, reason, remedy }) => `${path}: ${reason}: ${remedies[remedy!]}\n`).join('')
