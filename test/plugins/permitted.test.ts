import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import t from 'tap'
import { startLab, type Lab } from '../support/datasets.js'
import { startRedis } from '../support/redis.js'
import { begin, listen } from '../support/raw-http.js'

const LARGE = 64 * 2 ** 20

/** A request whose answer is not read further than its beginning. */
async function slowly (port: number, path: string, token: string): Promise<Socket> {
  const socket = await begin(port, `GET ${path} HTTP/1.1\nHost: x\nAuthorization: Bearer ${token}\n\n`)
  const [head] = await once(socket, 'data') as [Buffer]
  if (!String(head).startsWith('HTTP/1.1 200')) throw new Error(String(head))
  socket.pause()
  return socket
}

/** Reads the rest. @returns how many bytes came */
async function rest (socket: Socket): Promise<number> {
  let bytes = 0
  socket.on('data', (chunk: Buffer) => { bytes += chunk.length }).on('error', () => {})
  if (!socket.closed) {
    const closed = once(socket, 'close')
    socket.resume()
    await closed
  }
  return bytes
}

/** Waits until the service has ended all answers. */
async function answersEnd ({ app }: Lab): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await new Promise(resolve => setTimeout(resolve, 50))) {
    const open = await new Promise<number>((resolve, reject) => app.server.getConnections((error, count) => error ? reject(error) : resolve(count)))
    if (open === 0) return
  }
  throw new Error('an answer goes on')
}

t.test('an answer ends when the right to it does', async t => {
  const lab = await startLab(t, { RIGHTS_INTERVAL: '0.1' })
  const port = await listen(lab.app)
  await lab.createFiles('plant', { 'large.bin': randomBytes(LARGE) })
  const { id } = await lab.createUser('eve', { roles: ['contributor'] })
  const paths = ['/v1/scans/plant/filesets/images/files/large', '/v1/scans/plant/archive', '/files/plant/images/large.bin', '/archive/plant']
  const losses: Record<string, () => Promise<unknown>> = {
    'the session is ended': () => lab.send('DELETE', `/v1/users/${id}/sessions`),
    'the scan is private': () => lab.send('PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'private' })
  }
  for (const [loss, lose] of Object.entries(losses)) {
    const { access_token: token } = await lab.login('eve')
    const open = await Promise.all(paths.map(path => slowly(port, path, token)))
    await lose()
    await answersEnd(lab)
    for (const [i, socket] of open.entries()) t.ok(await rest(socket) < LARGE, `${loss}: ${paths[i]}`)
  }
})

t.test('an answer goes on as long as the right does, and while Redis does not answer', async t => {
  const redis = await startRedis('--appendonly', 'yes')
  t.teardown(redis.remove)
  const lab = await startLab(t, { RIGHTS_INTERVAL: '0.05', REDIS_URL: redis.url })
  const port = await listen(lab.app)
  await lab.createFiles('plant', { 'large.bin': randomBytes(LARGE) })
  const socket = await slowly(port, '/v1/scans/plant/filesets/images/files/large', lab.admin)
  await redis.kill()
  t.equal((await lab.call('GET', '/v1/scans', { token: lab.admin })).status, 503)
  await new Promise(resolve => setTimeout(resolve, 500))
  let bytes = 0
  const all = new Promise<void>(resolve => {
    socket.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes >= LARGE - 2 ** 20) resolve()
    }).on('close', () => { resolve() })
  })
  socket.resume()
  await all
  t.ok(bytes >= LARGE - 2 ** 20, `${bytes} bytes came`)
  socket.destroy()
})
