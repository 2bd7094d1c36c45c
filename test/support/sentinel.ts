import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './redis.js'

/** A process on loopback, ended by pid. */
export interface Listening { port: number, kill: () => Promise<void>, start: () => Promise<void>, remove: () => Promise<void> }

const accepts = (port: number): Promise<boolean> => new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
  socket.once('error', () => { resolve(false) })
})

/** Starts `redis-server` with a configuration of lines, as a Sentinel if it says so. It listens on `port`. */
export async function startConfigured (lines: (port: number) => string[], sentinel = false): Promise<Listening> {
  const [dir, port] = [await mkdtemp(join(tmpdir(), 'guardcell-configured-')), await freePort()]
  const file = join(dir, 'redis.conf')
  await writeFile(file, ['bind 127.0.0.1', `dir ${dir}`, ...sentinel ? [] : ['save ""'], ...lines(port)].join('\n'))
  let child: ReturnType<typeof spawn>
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise(resolve => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  const start = async (): Promise<void> => {
    child = spawn(process.env.REDIS_SERVER ?? 'redis-server', [file, ...sentinel ? ['--sentinel'] : []], { stdio: 'ignore' })
    for (const deadline = Date.now() + 30_000; !await accepts(port); await sleep(20)) {
      if (Date.now() > deadline || child.exitCode !== null) throw new Error(`${dirname(file)}: redis-server did not start`)
    }
  }
  await start()
  return { port, kill, start, remove: async () => { await kill(); await rm(dir, { recursive: true, force: true }) } }
}
