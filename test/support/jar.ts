import { PASSWORD, type Answer, type Running } from './app.js'

export interface SetCookie { value: string, attributes: Record<string, string | true> }

/** What an answer sets, by name. */
export function cookiesSet ({ headers }: Answer): Record<string, SetCookie> {
  const lines = [headers['set-cookie'] ?? []].flat() as string[]
  return Object.fromEntries(lines.map(line => {
    const [pair = '', ...rest] = line.split('; ')
    const attributes = Object.fromEntries(rest.map(item => {
      const [name = '', value] = item.split('=')
      return [name.toLowerCase(), value ?? true] as const
    }))
    return [pair.slice(0, pair.indexOf('=')), { value: pair.slice(pair.indexOf('=') + 1), attributes }]
  }))
}

export type Jar = Record<string, string>

/** Keeps what an answer sets, as a browser does. */
export function keepIn (jar: Jar, answer: Answer): Jar {
  for (const [name, { value, attributes }] of Object.entries(cookiesSet(answer))) {
    if (attributes['max-age'] === '0') delete jar[name]
    else jar[name] = value
  }
  return jar
}

export const headerOf = (jar: Jar): string => Object.entries(jar).map(([name, value]) => `${name}=${value}`).join('; ')

export const OWN = 'http://localhost'

/** A page of ours in a browser: sends its cookies, its origin and the CSRF token, and keeps what it is given. */
export function pageOf ({ call }: Pick<Running, 'call'>, jar: Jar = {}) {
  const send = async (method: string, url: string, { body, headers = {} }: { body?: unknown, headers?: Record<string, string> } = {}): Promise<Answer> => {
    const cookies = url.startsWith('/v1/auth') ? jar : Object.fromEntries(Object.entries(jar).filter(([name]) => !name.endsWith('gc_refresh')))
    const csrf = jar.gc_csrf ?? jar['__Host-gc_csrf']
    const answer = await call(method, url, {
      ...(body === undefined ? {} : { body }),
      headers: {
        ...(Object.keys(cookies).length === 0 ? {} : { cookie: headerOf(cookies) }),
        ...(method === 'GET' ? {} : { origin: OWN, ...(csrf === undefined ? {} : { 'x-csrf-token': csrf }) }),
        ...headers
      }
    })
    keepIn(jar, answer)
    return answer
  }
  return {
    jar,
    send,
    login: (username = 'admin', more: Record<string, unknown> = {}) => send('POST', '/v1/auth/login', { body: { username, password: PASSWORD, transport: 'cookie', ...more } }),
    me: () => send('GET', '/v1/users/me'),
    refresh: (headers: Record<string, string> = {}) => send('POST', '/v1/auth/refresh', { headers }),
    logout: (body?: unknown) => send('POST', '/v1/auth/logout', body === undefined ? {} : { body })
  }
}
