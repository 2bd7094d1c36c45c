import { connect, type Socket } from 'node:net'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { startLab } from '../support/datasets.js'
import { listen } from '../support/raw-http.js'

const GIB = 2 ** 30

interface Seen { answer: string, sent: number, took: number, error: string | undefined }

/** Sends a head and then a body without end, looking at the answer only in between or never. */
async function pour (port: number, head: string, reads: boolean, chunk: Buffer = Buffer.alloc(65_536)): Promise<Seen> {
  const socket: Socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  const began = performance.now()
  const seen: Seen = { answer: '', sent: 0, took: 0, error: undefined }
  socket.on('error', (error: NodeJS.ErrnoException) => { seen.error = error.code })
  if (reads) socket.on('data', data => { seen.answer += data.toString() })
  socket.write(head.replace(/\n/g, '\r\n'))
  while (!socket.destroyed && seen.sent < 2 * GIB && !seen.answer.includes('"request_id"')) {
    if (!socket.write(chunk)) await Promise.race([once(socket, 'drain').catch(() => {}), once(socket, 'close').catch(() => {}), sleep(20)])
    else await sleep(0)
    seen.sent = socket.bytesWritten
    if (performance.now() - began > 5000) break
  }
  seen.took = performance.now() - began
  socket.destroy()
  return seen
}

/** A piece of a chunked body (RFC 9112 section 7.1). */
const CHUNK = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')])
const CHUNKED = 'POST /v1/scans/new/archive HTTP/1.1\nHost: localhost\nContent-Type: application/zip\nTransfer-Encoding: chunked\n\n'

const lab = async (t: Test): Promise<{ port: number, token: string }> => {
  const { app, admin, createScan } = await startLab(t)
  await createScan('plant')
  return { port: await listen(app), token: admin }
}

const headOf = (path: string, more: string, type = 'application/zip', length = String(2 * GIB)): string =>
  `POST ${path} HTTP/1.1\nHost: localhost\nContent-Type: ${type}\nContent-Length: ${length}\n${more}\n`

t.test('a large upload that is refused gets its answer, without being read', async t => {
  const { port, token } = await lab(t)
  const calls: Array<[name: string, head: string, status: number, code: string, chunk?: Buffer]> = [
    ['an archive without a token', headOf('/v1/scans/new/archive', ''), 401, 'authentication_required'],
    ['an archive with a bad token', headOf('/v1/scans/new/archive', 'Authorization: Bearer x.y.z\n'), 401, 'access_token_invalid'],
    ['a form', headOf('/v1/scans/plant/filesets/images/files', '', 'multipart/form-data; boundary=x'), 401, 'authentication_required'],
    ['an archive of a scan that is there', headOf('/v1/scans/plant/archive', `Authorization: Bearer ${token}\n`), 409, 'scan_exists'],
    ['JSON', headOf('/v1/auth/login', '', 'application/json'), 413, 'body_too_large'],
    ['chunks without end', CHUNKED, 401, 'authentication_required', CHUNK]
  ]
  for (const [name, head, status, code, chunk] of calls) {
    const { answer, sent, took, error } = await pour(port, head, true, chunk)
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), name)
    t.match(answer, new RegExp(`"code":"${code}"`), name)
    t.match(answer, /\r\nconnection: close\r\n/i, name)
    t.equal(error, undefined, `${name}: the connection is not reset before the answer`)
    t.ok(took < 1000, `${name}: ${took} ms`)
    t.ok(sent < 64 * 2 ** 20, `${name}: ${sent} bytes were sent`)
  }
})

t.test('a body that turns out to be no HTTP after it was refused does not cost the answer', async t => {
  const { port, token } = await lab(t)
  for (const more of ['', `Authorization: Bearer ${token}\n`, 'Authorization: Bearer x.y.z\n']) {
    const { answer, error } = await pour(port, CHUNKED.replace('\n\n', `\n${more}\n10000\n`), true)
    t.match(answer, /^HTTP\/1\.1 40[01] .*"code":"(?:authentication_required|access_token_invalid|invalid_request|archive_invalid)"/s)
    t.equal(answer.split('HTTP/1.1').length, 2, 'one answer')
    t.equal(error, undefined, 'the connection is not reset before the answer')
  }
})

t.test('an ordinary HTTP client sees the answer', async t => {
  const { port } = await lab(t)
  const call = request({ host: '127.0.0.1', port, method: 'POST', path: '/v1/scans/new/archive', headers: { 'content-type': 'application/zip', 'content-length': 2 * GIB } })
  call.on('error', () => {})
  const pouring = setInterval(() => call.write(Buffer.alloc(65_536)), 1)
  const [answer] = await once(call, 'response') as [IncomingMessage]
  clearInterval(pouring)
  t.equal(answer.statusCode, 401)
  call.destroy()
})

t.test('who never reads the answer is cut off after a moment, and little of it is read', async t => {
  const { port } = await lab(t)
  const { sent, took } = await pour(port, headOf('/v1/scans/new/archive', ''), false)
  t.ok(took < 4000, `${took} ms`)
  t.ok(sent < 256 * 2 ** 20, `${sent} bytes were sent`)
})

t.test('a small body that is refused costs no connection', async t => {
  const { port } = await lab(t)
  const socket = connect(port, '127.0.0.1')
  let answers = ''
  socket.on('data', data => { answers += data.toString() })
  const call = 'POST /v1/scans HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'
  for (const count of [1, 2]) {
    socket.write(call)
    for (let i = 0; i < 500 && answers.split('HTTP/1.1 401').length <= count; i++) await sleep(20)
    t.equal(answers.split('HTTP/1.1 401').length, count + 1)
  }
  t.notMatch(answers, /connection: close/i)
  socket.destroy()
})
