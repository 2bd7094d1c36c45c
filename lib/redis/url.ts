/** A Redis to talk to, as named by `REDIS_URL`. */
export type RedisTarget =
  | { kind: 'single', url: string }
  | { kind: 'socket', path: string }
  | { kind: 'cluster', nodes: Node[], username?: string, password?: string, tls: boolean }
  | { kind: 'sentinel', nodes: Node[], name: string, username?: string, password?: string, tls: boolean, db: number }

export interface Node { host: string, port: number }

const FORMS = 'redis://host:port, rediss://host:port, unix:/path/to/socket, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master-name (rediss+cluster:// and rediss+sentinel:// for TLS)'

const refuse = (): never => { throw new Error(`REDIS_URL must have one of these forms: ${FORMS}`) }

const nodesOf = (list: string, defaultPort: number): Node[] => list.split(',').map(item => {
  const url = `redis://${item}`
  if (item === '' || !URL.canParse(url)) refuse()
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) }
})

const several = /^rediss?\+(?<kind>cluster|sentinel):\/\/(?:(?<username>[^:@/]*):(?<password>[^@/]*)@)?(?<nodes>[^/@]+)(?:\/(?<name>[^/]*))?(?:\/(?<db>\d+))?$/

/**
 * Reads `REDIS_URL`.
 * @throws Error with a sentence that names the forms; the value itself is not repeated, it may hold a password.
 */
export function parseRedisUrl (text: string): RedisTarget {
  if (text.startsWith('unix:/')) return { kind: 'socket', path: text.slice(5).replace(/^\/\//, '') }
  const match = several.exec(text)?.groups
  if (!match) return single(text)
  const { kind, username, password, nodes = '', name = '', db = '0' } = match
  const common = {
    tls: text.startsWith('rediss'),
    ...(username ? { username: decodeURIComponent(username) } : {}),
    ...(password ? { password: decodeURIComponent(password) } : {})
  }
  if (kind === 'cluster') return { kind, nodes: nodesOf(nodes, 6379), ...common }
  if (name === '') refuse()
  return { kind: 'sentinel', nodes: nodesOf(nodes, 26_379), name, db: Number(db), ...common }
}

function single (url: string): RedisTarget {
  if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url) || !/^(\/\d*)?$/.test(new URL(url).pathname)) refuse()
  return { kind: 'single', url }
}
