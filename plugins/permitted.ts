import type { FastifyReply } from 'fastify'
import { finished } from 'node:stream'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import type { Permit } from '#lib/datasets/commit/permit.js'
import { Problem } from '#lib/errors.js'

declare module 'fastify' {
  interface FastifyReply {
    /** Breaks the answer off if its permit ceases to hold while it is sent; it is asked every `RIGHTS_INTERVAL` seconds. */
    whilePermitted: (permit: Permit) => FastifyReply
  }
}

/** Whether an error says that the right has gone; a Redis or a disk that does not answer says nothing. */
const isRefusal = (error: unknown): boolean => error instanceof Problem && error.statusCode < 500

export default fp<AppOptions>(async (app, { config }) => {
  const interval = config.RIGHTS_INTERVAL * 1000
  app.decorateReply('whilePermitted', function (this: FastifyReply, permit) {
    let asking = false
    const ask = async (): Promise<void> => {
      if (asking) return
      asking = true
      await permit.ask().catch(error => {
        if (!isRefusal(error)) return
        this.log.info({ err: error, scan: permit.scan }, 'an answer was broken off: its caller may not read it any more')
        this.raw.destroy()
      })
      asking = false
    }
    const timer = setInterval(() => { void ask() }, interval).unref()
    finished(this.raw, () => clearInterval(timer))
    return this
  })
}, { name: 'permitted' })
