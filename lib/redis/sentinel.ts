import { SentinelConnector, type SentinelConnectionOptions } from 'ioredis'
import { askOnce, type Security } from './node.js'
import type { Node, RedisTarget } from './url.js'

type Group = Extract<RedisTarget, { kind: 'sentinel' }>

/**
 * Asks one Sentinel for the master, without credentials and, where it wants some, with them: an open Sentinel refuses a
 * user that it does not know.
 * @throws Error saying why it cannot be used, or that it knows no such master
 */
async function masterAt (node: Node, { tls, name, sentinel }: Group): Promise<Node> {
  const ask = (security: Security): Promise<unknown> => askOnce(node, security, 'SENTINEL', 'GET-MASTER-ADDR-BY-NAME', name)
  const answer = await ask({ tls }).catch((error: Error) => {
    if (/^(NOAUTH|NOPERM)/.test(error.message) && sentinel.password) return ask({ tls, ...sentinel })
    throw error
  })
  if (!Array.isArray(answer)) throw new Error('No master of that name')
  const [host, port] = answer as [string, string]
  return { host, port: Number(port) }
}

/**
 * What finds the master of a group for a client, at each connection anew: credentials of Sentinels may come and go while
 * the service runs. ioredis takes neither TLS nor credentials over from those of the data nodes.
 */
export const connectorOf = (group: Group) => class extends SentinelConnector {
  constructor (options: unknown) {
    super(options as SentinelConnectionOptions)
    // ioredis asks each Sentinel by this method, which its types call private.
    Object.assign(this, { resolve: (node: Node) => masterAt(node, group) })
  }
}
