import { execFile, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import t, { type Test } from 'tap'
import { PASSWORD } from '../support/app.js'
import { multipart, startLab, type Lab } from '../support/datasets.js'
import { listen } from '../support/raw-http.js'

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n'
const FILES = '/v1/scans/plant/filesets/images/files'
const hasCurl = spawnSync('curl', ['--version'], { stdio: 'ignore' }).status === 0

interface Waiting { socket: Socket, answer: () => string, until: (pattern: RegExp) => Promise<void>, isOver: () => boolean }

/** Sends a head and nothing of its body. */
async function announce (t: Test, port: number, line: string, ...fields: string[]): Promise<Waiting> {
  const socket = connect(port, '127.0.0.1')
  t.teardown(() => socket.destroy())
  await once(socket, 'connect')
  let answer = ''
  let over = false
  socket.on('data', data => { answer += data.toString() }).on('end', () => { over = true }).on('error', () => {})
  socket.write([/ HTTP\/1\.0$/.test(line) ? line : `${line} HTTP/1.1`, 'Host: localhost', ...fields, '', ''].join('\r\n'))
  const until = async (pattern: RegExp): Promise<void> => {
    for (let i = 0; i < 1_000 && !pattern.test(answer); i++) await sleep(10)
    t.match(answer, pattern, line)
  }
  return { socket, answer: () => answer, until, isOver: () => over }
}

const lab = async (t: Test, env: Record<string, string> = {}): Promise<Lab & { port: number }> => {
  const made = await startLab(t, env)
  await made.createFiles('plant', { 'there.txt': 'as it is' })
  return { ...made, port: await listen(made.app) }
}

const EXPECT = 'Expect: 100-continue'
const body = (type: string, length = 10): string[] => [`Content-Type: ${type}`, `Content-Length: ${length}`, EXPECT]
const json = (length?: number): string[] => body('application/json', length)
const file = (length?: number): string[] => body('application/octet-stream', length)
const bearer = (token: string): string => `Authorization: Bearer ${token}`

t.test('what its head is enough to refuse is refused at once, and its body is not asked for', async t => {
  const { port, join: signUp, login, clock } = await lab(t, { FILE_MAX_BYTES: '1000000', ARCHIVE_MAX_BYTES: '1000000', SESSION_TIMEOUT: '1000' })
  const expired = (await login('admin')).access_token
  clock.advance(1_100)
  const fresh = bearer((await login('admin')).access_token)
  const ofRita = bearer(await signUp('rita', 'reader'))

  const cases: Array<[code: string, line: string, ...fields: string[]]> = [
    ['401 authentication_required', `POST ${FILES}`, ...file()],
    ['401 access_token_invalid', `POST ${FILES}`, bearer('x.y.z'), ...file()],
    ['401 access_token_expired', `POST ${FILES}`, bearer(expired), ...file(900_000)],
    ['401 authentication_required', 'POST /v1/scans', ...json()],
    ['401 authentication_required', 'POST /v1/scans', 'Content-Type: application/json', 'Transfer-Encoding: chunked', EXPECT],
    ['401 authentication_required', 'POST /file/plant/images/x', ...file()],
    ['404 not_found', 'POST /nothing/here', ...json()],
    ['404 not_found', 'POST /nothing/here', ...body('application/x-unknown')],
    ['404 scan_not_found', `POST ${FILES.replace('plant', 'none')}`, fresh, ...file()],
    ['404 file_not_found', `PUT ${FILES}/none`, fresh, ...file()],
    ['405 method_not_allowed', 'PUT /v1/users', fresh, ...json()],
    ['403 insufficient_scope', 'POST /v1/users', ofRita, ...json()],
    ['403 insufficient_scope', 'POST /v1/scans/new/archive', ofRita, ...body('application/zip')],
    ['412 precondition_failed', `PUT ${FILES}/there`, fresh, 'If-Match: "another"', ...file()],
    ['412 precondition_failed', 'POST /v1/users', fresh, 'If-Match: "another"', ...json()],
    ['413 body_too_large', 'POST /v1/auth/login', ...json(2_000_000)],
    ['413 file_too_large', `POST ${FILES}?id=x`, fresh, ...file(1_000_001)],
    ['413 archive_too_large', 'POST /v1/scans/new/archive', fresh, ...body('application/zip', 1_000_001)],
    ['415 unsupported_media_type', 'POST /v1/auth/login', ...body('text/csv')],
    ['400 invalid_request', `POST ${FILES}`, fresh, ...body('multipart/form-data')],
    ['400 invalid_request', 'POST /v1/users', fresh, 'Content-Range: bytes 0-9/10', ...json()],
    ['400 invalid_request', 'POST /v1/users/%zz', ...json()],
    ['417 expectation_failed', 'POST /v1/auth/login', ...json().with(-1, 'Expect: more')],
    ['417 expectation_failed', 'POST /v1/auth/login', ...json().with(-1, 'Expect: 100-continue, more')],
    ['417 expectation_failed', 'GET /health/live', 'Expect: more=1']
  ]
  for (const [code, line, ...fields] of cases) {
    const [status, word] = code.split(' ')
    const { socket, answer, until, isOver } = await announce(t, port, line, ...fields)
    await until(/"request_id":"[^"]*".*\}$/s)
    t.match(answer(), new RegExp(`^HTTP/1\\.1 ${status} .*\r\ncontent-type: application/problem\\+json.*"code":"${word}"`, 'is'), `${code}: ${line}`)
    if (line.startsWith('GET')) {
      socket.destroy()
      continue
    }
    // Nobody could tell whether what comes next is the body or another request.
    t.match(answer(), /\r\nconnection: close\r\n/i, line)
    for (let i = 0; i < 500 && !isOver(); i++) await sleep(10)
    t.ok(isOver(), `${line}: the connection is closed`)
  }
})

t.test('what is taken has its body asked for once, when it is read', async t => {
  const { port, admin, bytes } = await lab(t)
  const form = multipart({ name: 'file', filename: 'form.txt', value: 'of the form' })
  const login = JSON.stringify({ username: 'admin', password: PASSWORD })
  const calls: Array<[line: string, fields: string[], body: string | Buffer, status: number]> = [
    ['POST /v1/auth/login', json(login.length), login, 200],
    ['POST /oauth/token', body('application/x-www-form-urlencoded', 12), 'grant_type=x', 400],
    [`POST ${FILES}?id=raw&ext=txt`, [bearer(admin), ...file(6)], 'of raw', 201],
    [`POST ${FILES}?id=chunks&ext=txt`, [bearer(admin), 'Content-Type: application/octet-stream', 'Transfer-Encoding: chunked', EXPECT.toUpperCase()], '9\r\nof chunks\r\n0\r\n\r\n', 201],
    [`POST ${FILES}?id=form&ext=txt`, [bearer(admin), ...body(form.headers['content-type']!, form.body.length)], form.body, 201]
  ]
  for (const [line, fields, content, status] of calls) {
    const { socket, answer, until } = await announce(t, port, line, ...fields)
    await until(/^HTTP\/1\.1 100 Continue\r\n\r\n/)
    t.equal(answer(), CONTINUE, `${line}: and nothing else yet`)
    socket.write(content)
    await until(new RegExp(`^HTTP/1\\.1 100 Continue\r\n\r\nHTTP/1\\.1 ${status} `))
    t.equal(answer().split('100 Continue').length, 2, 'once')
    t.notMatch(answer(), /connection: close/i, 'and the connection goes on')
    socket.destroy()
  }
  for (const id of ['raw', 'chunks', 'form']) t.equal((await bytes(`${FILES}/${id}`)).data.toString(), `of ${id === 'form' ? 'the form' : id}`)
})

t.test('nobody is asked for what was not announced, or in words of HTTP/1.0', async t => {
  const { port } = await lab(t)
  const bare = await announce(t, port, 'GET /health/live', EXPECT)
  await bare.until(/"status":"ok"\}$/)
  t.match(bare.answer(), /^HTTP\/1\.1 200 /)
  bare.socket.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n')
  await bare.until(/"ok".*HTTP\/1\.1 200 .*"ok"/s)

  const old = await announce(t, port, 'POST /v1/auth/login HTTP/1.0', ...json(2))
  await sleep(200)
  t.equal(old.answer(), '')
  old.socket.write('{}')
  await old.until(/^HTTP\/1\.1 400 /)
})

t.test('a client that does not wait for leave is answered all the same', async t => {
  const { port, admin } = await lab(t)
  for (const [fields, pattern] of [[[], /^HTTP\/1\.1 401 /], [[bearer(admin)], /^(?:HTTP\/1\.1 100 Continue\r\n\r\n)?HTTP\/1\.1 201 /]] as const) {
    const { socket, until } = await announce(t, port, `POST ${FILES}?id=x`, ...fields, ...file(50_000))
    socket.write(Buffer.alloc(50_000))
    await until(pattern)
    await until(/\}$/)
  }
})

t.test('answers to calls that are sent one after the other come in their order', async t => {
  const { port, admin } = await lab(t)
  const { until, socket } = await announce(t, port, 'GET /v1/users/me', bearer(admin), '', `POST ${FILES}?id=x HTTP/1.1`, 'Host: localhost', bearer(admin), ...file(1))
  await until(/^HTTP\/1\.1 200 .*\}HTTP\/1\.1 100 Continue\r\n\r\n$/s)
  socket.write('x')
  await until(/100 Continue\r\n\r\nHTTP\/1\.1 201 /)
})

t.test('curl sends a large file, and spares it where it is refused', { skip: hasCurl ? false : 'there is no curl here' }, async t => {
  const { port, admin, bytes } = await lab(t)
  const content = Buffer.alloc(3 * 2 ** 20, 'leaf')
  const path = join(t.testdir(), 'large')
  await writeFile(path, content)
  const curl = async (token: string) => {
    const { stdout, stderr } = await promisify(execFile)('curl', ['-sv', '--expect100-timeout', '20', '-H', EXPECT, '-H', bearer(token), '-H', 'Content-Type: application/octet-stream', '-X', 'POST', '-T', path, '-o', '/dev/null', '-w', '%{http_code} %{size_upload}', `http://127.0.0.1:${port}${FILES}?id=large`])
    return { stdout, wasAsked: stderr.includes('< HTTP/1.1 100 Continue') }
  }
  t.strictSame(await curl('x.y.z'), { stdout: '401 0', wasAsked: false })
  t.strictSame(await curl(admin), { stdout: `201 ${content.length}`, wasAsked: true })
  t.ok((await bytes(`${FILES}/large`)).data.equals(content))
})
