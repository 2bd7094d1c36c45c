import type { Test } from 'tap'
import { ownPrefix, start, type Running } from './app.js'
import { newSecret } from './pairing.js'

/** Apps on one store with one secret, whose clocks go together. */
export async function startReplicas (t: Test, count: number, env: Record<string, string> = {}): Promise<{ replicas: Running[], advance: (seconds: number) => void, shared: Record<string, string> }> {
  const shared = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: newSecret(), ISSUER: 'http://lab.example', ...env }
  const replicas: Running[] = []
  for (let n = 0; n < count; n++) replicas.push(await start(t, shared))
  return { replicas, shared, advance: seconds => { for (const { clock } of replicas) clock.advance(seconds) } }
}
