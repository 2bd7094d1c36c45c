/** A Redis to talk to, as named by `REDIS_URL`. */
export type RedisTarget =
  | { kind: 'single', url: string }
  | { kind: 'socket', path: string, username?: string, password?: string }
  | { kind: 'cluster', nodes: Node[], username?: string, password?: string, tls: boolean }
  | { kind: 'sentinel', nodes: Node[], name: string, username?: string, password?: string, tls: boolean, db: number, /** What the Sentinels themselves are told. */ sentinel: Credentials }

export interface Credentials { username?: string, password?: string }

export interface Node { host: string, port: number }

const FORMS = 'redis://host:port, rediss://host:port, unix:/path/to/socket or unix://user:password@/path/to/socket, redis+cluster://host:port,host:port or redis+sentinel://host:port,host:port/master-name[?sentinel_username=...&sentinel_password=...] (rediss+cluster:// and rediss+sentinel:// for TLS)'

const refuse = (): never => { throw new Error(`REDIS_URL must have one of these forms: ${FORMS}`) }

const nodesOf = (list: string, defaultPort: number): Node[] => list.split(',').map(item => {
  const url = `redis://${item}`
  if (item === '' || !URL.canParse(url)) refuse()
  const { hostname, port } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: port === '' ? defaultPort : Number(port) }
})

const several = /^rediss?\+(?<kind>cluster|sentinel):\/\/(?:(?<username>[^:@/]*):(?<password>[^@/]*)@)?(?<nodes>[^/@?]+)(?:\/(?<name>[^/?]*))?(?:\/(?<db>\d+))?(?:\?(?<query>.*))?$/

/**
 * Reads `REDIS_URL`.
 * @throws Error with a sentence that names the forms; the value itself is not repeated, it may hold a password.
 */
export function parseRedisUrl (text: string): RedisTarget {
  if (text.startsWith('unix:/')) return socket(text)
  const match = several.exec(text)?.groups
  if (!match) return single(text)
  const { kind, nodes = '', name = '', db = '0', query } = match
  const tls = text.startsWith('rediss')
  const credentials = decoded(match)
  if (kind === 'cluster') return query === undefined ? { kind, nodes: nodesOf(nodes, 6379), tls, ...credentials } : refuse()
  if (name === '') refuse()
  const sentinel = query === undefined ? credentials : sentinelCredentials(query)
  return { kind: 'sentinel', nodes: nodesOf(nodes, 26_379), name, db: Number(db), tls, ...credentials, sentinel }
}

const credentialsOf = (username: string | null | undefined, password: string | null | undefined): Credentials =>
  ({ ...(username ? { username } : {}), ...(password ? { password } : {}) })

const decoded = ({ username, password }: Credentials): Credentials =>
  credentialsOf(username && decodeURIComponent(username), password && decodeURIComponent(password))

function socket (text: string): RedisTarget {
  const { path = '', ...credentials } = /^unix:(?:\/\/)?(?:(?<username>[^:@/]*):(?<password>[^@/]*)@)?(?<path>.+)$/.exec(text)!.groups!
  return { kind: 'socket', path, ...decoded(credentials) }
}

function sentinelCredentials (query: string): Credentials {
  // In a password a plus sign is one, and no space.
  const parameters = new URLSearchParams(query.replaceAll('+', '%2B'))
  for (const name of parameters.keys()) if (name !== 'sentinel_username' && name !== 'sentinel_password') refuse()
  return credentialsOf(parameters.get('sentinel_username'), parameters.get('sentinel_password'))
}

function single (url: string): RedisTarget {
  if (!/^rediss?:\/\/./.test(url) || !URL.canParse(url) || !/^(\/\d*)?$/.test(new URL(url).pathname)) refuse()
  return { kind: 'single', url }
}
