import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { cookiesIn, type CookieValues } from '#lib/cookies/jar.js'
import { isOver } from '#lib/sessions/over.js'
import type { AccessAnswer, AccessToken, TokenAnswer, TokenPair } from '#lib/sessions/schema.js'
import type { Transport } from '#lib/sessions/state.js'

declare module 'fastify' {
  interface FastifyReply {
    /** Answers a pair the way that its session's tokens travel. Cookies of a session that turns out to be over are removed. */
    giveTokens: (transport: Transport, minted: Promise<TokenPair>) => Promise<TokenAnswer>
    /** The same of an access token, whose session keeps its refresh token. */
    giveAccess: (transport: Transport, minted: Promise<AccessToken>) => Promise<AccessAnswer>
    /** Removes the cookies once a session has been ended. */
    takeTokens: (transport: Transport, ended: Promise<void>) => Promise<void>
  }
}

export default fp(async app => {
  const put = (reply: FastifyReply, values: CookieValues, maxAge: number): void => {
    const jar = reply.request.jar()
    if (jar) for (const { name, value, options } of cookiesIn(jar, values, maxAge)) reply.setCookie(name, value, options)
  }
  const remove = (reply: FastifyReply): void => put(reply, { access: '', refresh: '', csrf: '' }, 0)
  const settled = async <T>(reply: FastifyReply, attempt: Promise<T>): Promise<T> => {
    try {
      return await attempt
    } catch (error) {
      if (isOver(error)) remove(reply)
      throw error
    }
  }
  app.decorateReply('giveTokens', async function (transport, minted) {
    if (transport !== 'cookie') return await minted
    const { access_token: access, refresh_token: refresh, ...rest } = await settled(this, minted)
    const csrf = app.cookieGuard.tokenOf(rest.session_id)
    put(this, { access, csrf, ...(refresh === undefined ? {} : { refresh }) }, rest.refresh_expires_in ?? rest.session_expires_in)
    return { ...rest, csrf_token: csrf }
  })
  app.decorateReply('giveAccess', async function (transport, minted) {
    if (transport !== 'cookie') return await minted
    const { access_token: access, ...rest } = await settled(this, minted)
    put(this, { access }, rest.expires_in)
    return rest
  })
  app.decorateReply('takeTokens', async function (transport, ended) {
    if (transport !== 'cookie') return await ended
    await settled(this, ended)
    remove(this)
  })
}, { name: 'token-cookies', dependencies: ['cookies'] })
