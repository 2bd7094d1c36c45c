import fp from 'fastify-plugin'
import type { Principal, SessionPrincipal, UserPrincipal } from '#lib/access/authorize.js'
import type { Account } from '#lib/accounts/account.js'
import { actorOf } from '#lib/datasets/actor.js'
import type { Actor } from '#lib/datasets/rights.js'
import { fail } from '#lib/errors.js'

declare module 'fastify' {
  interface FastifyRequest {
    /** Who is calling, once the rule of the route has let them in. */
    caller: Principal | null
    /** The user who is calling; only on routes that take no API token. */
    principal: UserPrincipal
    /** The same where it takes a session. @throws `session_required` */
    signedIn: SessionPrincipal
    /** Who is calling, by whatever token; only on routes that are not open to guests. */
    authenticated: Principal
    /** The account that is calling, by whatever token. */
    account: Account
    /** The same as far as data sets are concerned; also guests, where a route lets them in. */
    actor: Actor
  }
}

export default fp(async app => {
  app.decorateRequest('caller', null)
  app.decorateRequest('principal', {
    getter () {
      if (!this.caller || this.caller.kind === 'api') throw new Error(`${this.routeOptions.url} is a route for more than users and knows no principal`)
      return this.caller
    }
  })
  app.decorateRequest('signedIn', {
    getter () {
      const { principal } = this
      return principal.kind === 'access' ? principal : fail('session_required')
    }
  })
  app.decorateRequest('authenticated', {
    getter () {
      if (!this.caller) throw new Error(`${this.routeOptions.url} is open to guests and knows no account`)
      return this.caller
    }
  })
  app.decorateRequest('account', { getter () { return this.authenticated.account } })
  app.decorateRequest('actor', { getter () { return actorOf(this.caller) } })
}, { name: 'principal' })
