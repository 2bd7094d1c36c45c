import fp from 'fastify-plugin'
import type { Principal } from '#lib/access/authorize.js'
import type { AppOptions } from '#lib/app-options.js'
import { policyHeader } from '#lib/http/error-headers.js'
import { refusals } from '#lib/http/schema.js'
import { addressKey } from '#lib/limits/address.js'
import { refusal } from '#lib/limits/limit.js'
import { createWindows, type Taken } from '#lib/limits/windows.js'

declare module 'fastify' {
  interface FastifyInstance {
    /** Counts a call of an account or client. @returns how many are left @throws `too_many_requests` */
    countCall: (name: string) => number
  }
}

const SECONDS = 60

const nameOf = (caller: Principal): string => caller.kind === 'api' ? caller.client : caller.account.id

export default fp<AppOptions>(async (app, { config, skew }) => {
  app.addHook('onRoute', route => {
    if (typeof route.config?.auth === 'object') route.schema = { ...route.schema, response: { ...refusals(429), ...route.schema?.response as object } }
  })
  const limit = { kind: 'api', most: config.API_LIMIT, seconds: SECONDS }
  if (config.RATE_LIMIT === 'off' || limit.most === 0) {
    app.decorate('countCall', () => Infinity)
    return
  }
  const policy = policyHeader(limit)
  // A clock that nobody sets back; only tests move it.
  const clock = (): number => performance.timeOrigin + performance.now() + skew()
  const windows = () => createWindows({ most: limit.most, length: SECONDS * 1000, clock })
  // Apart, so that however many guests there are, they take no user's place.
  const [known, guests] = [windows(), windows()]

  const count = ({ remaining, wait }: Taken): number => {
    if (wait === 0) return remaining
    app.tell({ type: 'limited', kind: limit.kind })
    throw refusal(limit, wait)
  }
  app.decorate('countCall', name => count(known(name)))
  app.addHook('onRequest', async (request, reply) => {
    const { auth } = request.routeOptions.config
    if (typeof auth !== 'object') return
    const { caller } = request
    const remaining = count(caller ? known(nameOf(caller)) : guests(addressKey(request.address)))
    reply.header('ratelimit-policy', policy).header('ratelimit', `"${limit.kind}";r=${remaining}`)
  })
}, { name: 'api-limit', dependencies: ['auth', 'events'] })
