// What the benchmarks share: servers of their own, medians, signing in.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { TokenPair } from '#lib/sessions/schema.js'

export const PASSWORD = 'bench bench bench'

export interface Server { process: ChildProcess, url: string }

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
export const spread = (values: number[], digits = 0): string => `${Math.min(...values).toFixed(digits)}-${Math.max(...values).toFixed(digits)}`

export async function start (file: string, env: Record<string, string>): Promise<Server> {
  const child = fork(join(import.meta.dirname, 'servers', file), { env: { ...process.env, ...env }, execArgv: [`--import=${join(import.meta.dirname, '../test/support/typescript/register.js')}`] })
  child.once('exit', code => { if (code) process.exit(code) })
  const [{ port }] = await once(child, 'message') as [{ port: number }]
  return { process: child, url: `http://127.0.0.1:${port}` }
}

export const login = async (url: string): Promise<Required<TokenPair>> => {
  const answer = await fetch(`${url}/v1/auth/login`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ username: 'admin', password: PASSWORD }) })
  return await answer.json() as Required<TokenPair>
}

/** Ends a server and waits for it. */
export async function stop ({ process }: Server, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  process.removeAllListeners('exit')
  process.kill(signal)
  await once(process, 'exit')
}
