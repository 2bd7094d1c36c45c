import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { BootError } from '#lib/boot-error.js'
import { faultsOfFolders, foldersOf } from '#lib/boot/folders.js'
import { step } from '#lib/boot/step.js'

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Does a part of the start that waits for something, within its time.
     * @param name what is done, at the beginning of a sentence
     * @param advice what to look at when it takes too long
     * @param work told by its signal when it was given up
     * @throws BootError that says so
     */
    step: <T>(name: string, advice: string, work: (given: AbortSignal) => Promise<T>) => Promise<T>
  }
}

export default fp<AppOptions>(async (app, { config, stepLimit }) => {
  app.decorate('step', (name, advice, work) => step({ name, advice, within: stepLimit, log: app.log }, work))
  const faults = await faultsOfFolders(foldersOf(config))
  if (faults.length > 0) throw new BootError(faults)
}, { name: 'starting' })
