import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { setTimeout as sleep } from 'node:timers/promises'

const NGINX = '/usr/sbin/nginx'

/** Why nginx cannot be run, or false. */
export const noNginx = existsSync(NGINX) ? false : `${NGINX} is not there`

const answers = (port: number): Promise<boolean> => fetch(`http://127.0.0.1:${port}/`).then(() => true, () => false)

/**
 * Runs an nginx of the test's own, in one process that writes into its own folder only, until the test is over.
 * @param server what stands in its `http` block; it listens on `port`
 */
export async function startNginx (t: Test, port: number, server: string): Promise<void> {
  const prefix = await mkdtemp(join(tmpdir(), 'guardcell-nginx-'))
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${prefix}/${name};`).join('\n')
  const log = join(prefix, 'error.log')
  await writeFile(join(prefix, 'nginx.conf'), `daemon off;\nmaster_process off;\npid ${prefix}/pid;\nerror_log ${log};\nevents {}\nhttp {\naccess_log off;\n${folders}\n${server}}\n`)
  const child = spawn(NGINX, ['-p', prefix, '-c', join(prefix, 'nginx.conf')], { stdio: 'ignore' })
  const over = once(child, 'exit')
  const leave = (): void => { child.kill('SIGKILL') }
  process.once('exit', leave)
  t.teardown(async () => {
    child.kill('SIGTERM')
    await over
    process.off('exit', leave)
    await rm(prefix, { recursive: true, force: true })
  })
  for (const deadline = Date.now() + 30_000; !await answers(port); await sleep(20)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`nginx does not serve: ${await readFile(log, 'utf8').catch(() => 'without a log')}`)
  }
}
