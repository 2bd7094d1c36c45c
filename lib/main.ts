import closeWithGrace from 'close-with-grace'
import type { AddressInfo } from 'node:net'
import { BootError } from './boot-error.js'
import { checkFolders } from './boot/check-folders.js'
import { foldersOf } from './boot/folders.js'
import { loadConfig } from './config/load.js'
import { explainRedisFailure } from './redis/check.js'
import { isOutage } from './redis/outage.js'
import { welcome } from './welcome.js'

const signals = ['SIGINT', 'SIGTERM'] as const

/**
 * Starts the service and serves until a signal ends it.
 * @throws BootError with every reason why it must not start
 */
async function start (): Promise<void> {
  const config = loadConfig(process.env)
  // Loading the service takes about as long.
  const [{ buildApp, makeReady }] = await Promise.all([import('./app.js'), checkFolders(foldersOf(config))])
  const app = await buildApp(config)
  const grace = closeWithGrace({ delay: 10_000, skip: [...signals] }, async ({ err }) => {
    if (err) app.log.fatal({ err }, 'stopped by an error')
    await app.close()
  })
  // Ctrl-C arrives twice under npm, from the terminal and from npm itself: the second must not cut the first short.
  let closing = false
  for (const signal of signals) {
    process.on(signal, () => {
      if (!closing) grace.close()
      closing = true
    })
  }
  await makeReady(app)
  // Listened first: a password that was made before a start which then fails would never be seen.
  await app.step('Listening', 'see whether HOST can be resolved', () => app.listen({ host: config.HOST, port: config.PORT }))
  let password: string | undefined
  await app.ensureFirstAdmin((_username, generated) => { password = generated })
  const { port } = app.server.address() as AddressInfo
  process.stdout.write(welcome({ host: config.HOST, port, password, open: config.AUTH === 'off', scans: app.datasets.isReady() ? app.datasets.count() : undefined }))
}

start().catch((error: unknown) => {
  const faults = faultsOf(error)
  process.stderr.write(`\nGuardcell cannot start:\n${faults.map(fault => `  - ${fault}\n`).join('')}\n`)
  process.exit(1)
})

function faultsOf (error: unknown): readonly string[] {
  if (error instanceof BootError) return error.faults
  const { code, message, stack } = error as NodeJS.ErrnoException
  if (code === 'EADDRINUSE') return [`PORT ${process.env.PORT ?? 8080} is in use: stop what listens there, or set PORT to another one`]
  if (isOutage(error)) return [explainRedisFailure(error)]
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return [`HOST cannot be resolved: ${process.env.HOST}`]
  if (code === 'EACCES' || code === 'EADDRNOTAVAIL') return [`HOST and PORT cannot be listened on: ${message}`]
  return [stack ?? message]
}
