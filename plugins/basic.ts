import fp from 'fastify-plugin'
import type { Principal } from '#lib/access/authorize.js'
import { basicCredentials, createBasic } from '#lib/access/basic.js'
import type { AppOptions } from '#lib/app-options.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling with a name and a password (`BASIC_AUTH=on`), or null. @throws as `Accounts.authenticate`, `csrf_failed` */
    identifyByPassword: () => Promise<Principal | null>
  }
}

/** RFC 7617 section 2.1. */
const CHALLENGE = 'Basic realm="guardcell", charset="UTF-8"'

export default fp<AppOptions>(async (app, { config, now }) => {
  const on = config.BASIC_AUTH === 'on'
  const identify = createBasic({ authenticate: app.accounts.authenticate, find: app.accountStore.byId, scopesOf: app.scopesOf, now })
  app.decorateRequest('identifyByPassword', async function () {
    const credentials = on ? basicCredentials(this.headers.authorization) : undefined
    if (!credentials) return null
    this.admitPassword()
    return await identify(credentials, this.address)
  })
  if (!on) return
  app.addHook('onSend', (request, reply, _payload, done) => {
    const takesPasswords = typeof request.routeOptions.config.auth === 'object'
    if (reply.statusCode === 401 && takesPasswords) reply.header('www-authenticate', `${String(reply.getHeader('www-authenticate'))}, ${CHALLENGE}`)
    done()
  })
}, { name: 'basic', dependencies: ['client', 'accounts', 'scopes', 'credentials'] })
