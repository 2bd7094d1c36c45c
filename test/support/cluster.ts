import { setTimeout as sleep } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { startConfigured, type Listening } from './sentinel.js'

/** The slots of three nodes. */
const RANGES = [[0, 5460], [5461, 10_922], [10_923, 16_383]] as const

/**
 * Starts a Redis Cluster of three masters that share the slots and announce themselves as `localhost`.
 * @param lines further lines of each configuration, which also say on which port it listens
 * @param password of the user `default`
 */
export async function startThreeNodes (lines: (port: number) => string[], { tls, password }: { tls: boolean, password?: string }): Promise<Listening[]> {
  const start = (): Promise<Listening> => startConfigured(port => [
    ...lines(port), 'cluster-enabled yes', 'cluster-announce-ip 127.0.0.1', 'cluster-announce-hostname localhost', 'cluster-preferred-endpoint-type hostname', ...tls ? ['tls-cluster yes'] : []
  ])
  const nodes = await Promise.all(RANGES.map(start))
  const clients = nodes.map(({ port }) => new Redis({ host: '127.0.0.1', port, ...password ? { password } : {}, ...tls ? { tls: { rejectUnauthorized: false } } : {} }))
  try {
    await Promise.all(clients.map((client, i) => client.cluster('ADDSLOTSRANGE', ...RANGES[i]!)))
    for (const { port } of nodes.slice(1)) await clients[0]!.cluster('MEET', '127.0.0.1', port)
    const isWhole = async (client: Redis): Promise<boolean> => {
      const hosts = (await client.cluster('SLOTS') as unknown as Array<[number, number, [string]]>).map(([, , [host]]) => host)
      return hosts.length === 3 && hosts.every(host => host === 'localhost') && String(await client.cluster('INFO')).includes('cluster_state:ok')
    }
    for (const deadline = Date.now() + 60_000; !(await Promise.all(clients.map(isWhole))).every(Boolean); await sleep(50)) {
      if (Date.now() > deadline) throw new Error('the cluster did not come together')
    }
  } finally {
    for (const client of clients) client.disconnect()
  }
  return nodes
}
