import type { FastifyInstance } from 'fastify'
import type { Answer, Running } from './app.js'
import { multipart, type Part } from './datasets.js'

/** The routes of the dialect, with their rules. */
export const dialectRoutes = (app: FastifyInstance) =>
  app.routeRules().filter(({ method, url }) => !['HEAD', 'OPTIONS'].includes(method) && !/^\/(?:v1|oauth|\.well-known|device|docs|metrics|openapi\.json|link(?:$|\/)|health\/)/.test(url))

/** A path of the dialect with its slots filled. */
export const filled = (url: string): string => url.replace(':scan', 'plant').replace(':fileset', 'images').replace(':file', 'a').replace('*', 'images/a.txt')

/** What a call needs in its body so that only the caller can be refused. */
export const bodies: Record<string, unknown> = {
  '/login': { username: 'admin', password: 'wrong' },
  '/create-api-token': { token_exp: 3600, datasets: { '*': ['create'] } },
  '/register': { username: 'new', fullname: 'New', password: 'long enough' },
  '/token-refresh': { refresh_token: 'none' },
  '/api/scan': { name: 'other' },
  '/api/fileset': { scan_id: 'plant', fileset_id: 'other' }
}

export const bodyOf = (method: string, url: string): unknown => {
  if (method !== 'POST') return undefined
  return url.endsWith('/metadata') ? { metadata: { said: 'again' } } : bodies[url]
}

/** Sends a form. */
export const sendForm = (call: Running['call'], url: string, token: string | undefined, ...parts: Part[]): Promise<Answer> => {
  const { body, headers } = multipart(...parts)
  return call('POST', url, { ...(token === undefined ? {} : { token }), body, headers })
}

export const field = (name: string, value: string): Part => ({ name, value })
