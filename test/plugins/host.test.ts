import { connect } from 'node:net'
import t from 'tap'
import { isHost } from '#lib/http/host.js'
import { start } from '../support/app.js'
import { listen } from '../support/raw-http.js'

/** Sends a whole request and reads the answer, on a connection of its own. */
const ask = (port: number, ...lines: string[]): Promise<string> => new Promise((resolve, reject) => {
  let answer = ''
  const socket = connect(port, '127.0.0.1', () => { socket.write([...lines, 'Connection: close', '', ''].join('\r\n')) })
  socket.on('data', data => { answer += data.toString() }).on('close', () => { resolve(answer) }).on('error', reject)
})

const HOSTS = ['localhost', 'localhost:8080', 'lab.example', 'lab.example.', 'LAB.example:1', 'a_b.local', '127.0.0.1:80', '[::1]', '[::1]:8080', '[2001:db8::1:2]:65535', 'xn--blatt-3ya', 'a%2Db', 'lab:', 'db-1~x']
const NO_HOSTS = ['', ' ', 'a b', 'http://x/', 'x/', '/', 'a,b', 'a, b', 'user@x', 'user:secret@x', 'x?y', 'x#y', 'x:y', 'x:123456', 'x:65536', 'x:1:2', '::1', '[::1', '::1]', '[x]', '[::1]x', '[fe80::1%25eth0]', '[fe80::1%eth0]', 'a%2', 'a%zz', 'a\\b', 'a"b', '<a>', 'blätt', 'x\u0000', '[]', '[127.0.0.1]']

t.test('what a host is', async t => {
  for (const host of HOSTS) t.ok(isHost(host), host)
  for (const text of NO_HOSTS) t.notOk(isHost(text), JSON.stringify(text))
})

t.test('a request that does not say once and rightly for which host it is gets 400, whatever it asks for', async t => {
  const { app } = await start(t)
  const port = await listen(app)
  const wrong: Array<[fields: string[], message: string]> = [
    [[], 'must be there'],
    [['Host: localhost', 'Host: localhost'], 'must be there once'],
    [['Host: localhost', 'HOST: elsewhere.example'], 'must be there once'],
    ...['a b', 'http://x/', 'a,b', 'user@x', ''].map((host): [string[], string] => [[`Host: ${host}`], 'must be a host, perhaps with a port'])
  ]
  for (const [fields, message] of wrong) {
    for (const line of ['GET /health/live', 'POST /v1/auth/login', 'GET /nothing/here', 'OPTIONS /v1/users', 'PUT /v1/users', 'GET /v1/users/me', 'GET /scans']) {
      const answer = await ask(port, `${line} HTTP/1.1`, ...fields)
      t.match(answer, /^HTTP\/1\.1 400 .*\r\ncontent-type: application\/problem\+json/is, `${line} ${fields.join(', ')}`)
      t.match(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)), { status: 400, code: 'invalid_request', request_id: /\w/, errors: [{ path: '/headers/host', message }] }, line)
    }
  }
  const refused = await ask(port, 'POST /v1/auth/login HTTP/1.1', 'Host: a b', 'Content-Type: application/json', 'Content-Length: 9', 'Expect: 100-continue')
  t.match(refused, /^HTTP\/1\.1 400 /, 'nor is its body asked for')
})

t.test('others are answered', async t => {
  const { app } = await start(t)
  const port = await listen(app)
  for (const host of HOSTS) t.match(await ask(port, 'GET /health/live HTTP/1.1', `Host: ${host}`), /^HTTP\/1\.1 200 /, host)
  t.match(await ask(port, 'GET /health/live HTTP/1.0'), /^HTTP\/1\.1 200 /, 'HTTP/1.0 knows no Host')
  t.match(await ask(port, 'GET /health/live HTTP/1.0', 'Host: a b'), /^HTTP\/1\.1 400 /)
})
