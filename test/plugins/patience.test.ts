import { connect, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { start } from '../support/app.js'

/** Sends a head and then a piece of the body now and then, while it may; answers what came back. */
async function send (t: Test, port: number, head: string[], pieces: string[], pause: number): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  socket.on('error', () => {})
  let answer = ''
  socket.on('data', data => { answer += String(data) })
  const closed = once(socket, 'close')
  socket.write(`${[...head, 'host: x', `content-length: ${pieces.join('').length}`, 'connection: close'].join('\r\n')}\r\n\r\n`)
  for (const piece of pieces) {
    await Promise.race([sleep(pause), closed])
    socket.write(piece)
  }
  await closed
  return answer
}

t.test('a request must arrive in time; an upload may take longer, but must not pause for so long', async t => {
  const { app, login, call } = await start(t, { REQUEST_TIMEOUT: '2.5' })
  const token = (await login('admin')).access_token
  await call('POST', '/v1/scans', { token, body: { id: 'plant' } })
  await call('POST', '/v1/scans/plant/filesets', { token, body: { id: 'images' } })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const json = ['POST /v1/auth/login HTTP/1.1', 'content-type: application/json']
  const upload = (id: string) => [`POST /v1/scans/plant/filesets/images/files?id=${id} HTTP/1.1`, `authorization: Bearer ${token}`]

  const [late, inTime, slow, paused] = await Promise.all([
    send(t, port, json, ['{"username":', '"admin",', '"password":', '"x"}'], 800),
    send(t, port, json, ['{"username":"admin","password":"x"}'], 100),
    send(t, port, upload('slow'), ['a', 'b', 'c', 'd', 'e'], 700),
    send(t, port, upload('paused'), ['a', 'b'], 6_000)
  ])
  t.match(late, /^HTTP\/1\.1 408 .*"code":"request_timeout"/s)
  t.match(inTime, /^HTTP\/1\.1 401 /)
  t.match(slow, /^HTTP\/1\.1 201 /)
  t.notMatch(paused, / 201 /)
  t.equal((await call('GET', '/v1/scans/plant/filesets/images/files/paused', { token })).status, 404)
})
