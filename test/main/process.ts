import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

export const START = 'scripts/start.js'
export const MAIN = 'dist/lib/main.js'

const root = fileURLToPath(new URL('../..', import.meta.url))

export type Env = Record<string, string>

export interface Ended { code: number | null, signal: NodeJS.Signals | null, stdout: string, stderr: string }

/** A process that runs a script of the project. */
export interface Program {
  pid: number
  stdout: () => string
  kill: (signal: NodeJS.Signals) => void
  /** Signals it and waits for its end. */
  end: (signal: NodeJS.Signals) => Promise<Ended>
  ended: Promise<Ended>
}

/** A program that serves. */
export interface Service extends Program {
  url: string
  /** The generated password, if it printed one. */
  password: string | undefined
  /** The command to sign in that it printed. */
  curl: string
}

/** Arguments of Node.js and of the script that it runs. */
export interface Arguments { node?: string[], script?: string[] }

/** Runs a script with no variables but these and PATH; the process is gone when the test is over. */
export function run (t: Test, script: string, env: Env, cwd = root, args: Arguments = {}): Program {
  // What tap puts into NODE_OPTIONS listens to signals and loads other code.
  const child = spawn('/usr/bin/env', ['-u', 'NODE_OPTIONS', process.execPath, ...args.node ?? [], join(root, script), ...args.script ?? []], {
    cwd, stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: process.env.PATH, LOG_LEVEL: 'warn', ...env }
  })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', data => { stdout += data })
  child.stderr.on('data', data => { stderr += data })
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }))
  })
  // A run of the tests that is cut short cannot wait: the program cleans up by itself.
  const leave = (): void => { child.kill('SIGTERM') }
  process.once('exit', leave)
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
    process.off('exit', leave)
  })
  return {
    pid: child.pid!,
    stdout: () => stdout,
    kill: signal => { child.kill(signal) },
    end: signal => {
      child.kill(signal)
      return ended
    },
    ended
  }
}

/** Waits until a program serves or is over. @returns how it ended, or undefined while it serves */
async function settle (program: Program): Promise<Ended | undefined> {
  let over: Ended | undefined
  program.ended.then(ended => { over = ended }, () => {})
  await until('it serves', () => over !== undefined || /curl .*\n/.test(program.stdout()))
  return over
}

/** Runs a script that is to refuse its service. */
export async function refusal (t: Test, script: string, env: Env): Promise<Ended> {
  const program = run(t, script, env)
  const ended = await settle(program)
  if (!ended) throw new Error(`it serves instead of refusing: ${program.stdout()}`)
  return ended
}

/** Runs a script and waits until it serves. */
export async function serve (t: Test, script: string, env: Env, cwd?: string, args?: Arguments): Promise<Service> {
  const program = run(t, script, env, cwd, args)
  const ended = await settle(program)
  if (ended) throw new Error(`it ended instead of serving: ${JSON.stringify(ended)}`)
  const text = program.stdout()
  return {
    ...program,
    url: /serves on (http\S+)/.exec(text)?.[1] ?? '',
    password: /^ +password +(\S+)$/m.exec(text)?.[1],
    curl: /curl .*/.exec(text)?.[0] ?? ''
  }
}

export async function until (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = Date.now() + 120_000; !await isSo(); await sleep(20)) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`)
  }
}

/** A folder that is removed when the test is over, and with it a Redis that was left in it. */
export async function stateDir (t: Test): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guardcell-state-'))
  t.teardown(async () => {
    const pid = await redisOf(folder)
    if (pid !== 0 && !isGone(pid)) process.kill(pid, 'SIGKILL')
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  })
  return folder
}

/** The process id of the Redis that `npm start` runs in a state folder, 0 if there is none. */
export const redisOf = async (folder: string): Promise<number> =>
  Number(await readFile(join(folder, 'redis/redis.pid'), 'utf8').catch(() => 0))

/** Whether a process is gone; one that nobody has asked for its exit code counts as gone. */
export function isGone (pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return true
  }
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

export interface Reply { status: number, headers: Headers, body: any }

export async function call (url: string, { token, body }: { token?: string, body?: unknown } = {}): Promise<Reply> {
  const response = await fetch(url, {
    headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { method: 'POST', body: JSON.stringify(body) } : {})
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text.startsWith('{') ? JSON.parse(text) : text }
}

export const login = (url: string, password = ''): Promise<Reply> => call(`${url}/v1/auth/login`, { body: { username: 'admin', password } })
export const refresh = (url: string, token: string): Promise<Reply> => call(`${url}/v1/auth/refresh`, { body: { refresh_token: token } })
export const me = (url: string, token: string): Promise<Reply> => call(`${url}/v1/users/me`, { token })

/**
 * Begins a login and leaves it to the caller to finish it: when this resolves, the service has its head and
 * waits for its body.
 * @param keepAlive whether the client keeps its connection for more
 */
export async function beginLogin (t: Test, url: string, password: string, { keepAlive }: { keepAlive: boolean }): Promise<() => Promise<number | undefined>> {
  const body = JSON.stringify({ username: 'admin', password })
  const agent = new Agent({ keepAlive })
  t.teardown(() => agent.destroy())
  const call = request(`${url}/v1/auth/login`, {
    agent, method: 'POST', headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), expect: '100-continue' }
  })
  call.flushHeaders()
  await once(call, 'continue')
  return async () => {
    call.end(body)
    const [response] = await once(call, 'response')
    response.resume()
    return response.statusCode
  }
}
