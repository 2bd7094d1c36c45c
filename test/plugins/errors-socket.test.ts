import { connect } from 'node:net'
import t, { type Test } from 'tap'
import { start, type Running } from '../support/app.js'

interface Raw { status: number, headers: Map<string, string>, body: any }

async function listening (t: Test): Promise<Running & { send: (text: string) => Promise<Raw> }> {
  const running = await start(t, { CORS_ORIGINS: 'https://lab.example' })
  const port = Number(new URL(await running.app.listen({ port: 0, host: '127.0.0.1' })).port)
  const send = (text: string): Promise<Raw> => new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => { socket.write(text) })
    socket.setTimeout(10_000, () => socket.destroy(new Error('no answer')))
    socket.on('data', chunk => chunks.push(chunk)).on('error', reject).on('close', () => { resolve(parse(Buffer.concat(chunks).toString())) })
  })
  return { ...running, send }
}

function parse (text: string): Raw {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  const [line = '', ...fields] = head.split('\r\n')
  const json = body.slice(body.indexOf('{'), body.lastIndexOf('}') + 1)
  return {
    status: Number(line.split(' ')[1]),
    headers: new Map(fields.map(field => [field.slice(0, field.indexOf(':')).toLowerCase(), field.slice(field.indexOf(':') + 1).trim()])),
    body: json === '' ? {} : JSON.parse(json)
  }
}

function isProblem (t: Test, { status, headers, body }: Raw, expected: number, code: string): void {
  t.equal(status, expected, code)
  t.match(headers.get('content-type'), /^application\/problem\+json/, code)
  t.strictSame(Object.keys(body).sort(), ['code', 'detail', 'message', 'request_id', 'status', 'title', 'type'], code)
  t.match(body, { status: expected, code })
}

const request = (path: string, ...headers: string[]): string => ['GET ' + path + ' HTTP/1.1', 'Host: localhost', 'Connection: close', ...headers, '', ''].join('\r\n')

t.test('header fields that are too large are refused as a problem document', async t => {
  const { send } = await listening(t)
  isProblem(t, await send(request('/health/live', `X-Large: ${'x'.repeat(20_000)}`)), 431, 'headers_too_large')
  t.equal((await send(request('/health/live', `X-Large: ${'x'.repeat(8_000)}`))).status, 200, 'a token that is merely long fits')
})

t.test('what is no HTTP is refused as a problem document', async t => {
  const { send } = await listening(t)
  isProblem(t, await send('NONSENSE\r\n\r\n'), 400, 'invalid_request')
  isProblem(t, await send(request('/health/live', 'Content-Length: many')), 400, 'invalid_request')
})

const malformed = ['/v1/users/%E0%A4%A', '/%zz', '/v1/users/%ff/sessions']

t.test('a malformed URL is refused as a problem document', async t => {
  const { send } = await listening(t)
  for (const path of malformed) isProblem(t, await send(request(path)), 400, 'invalid_request')
})

t.test('no dots, ranges or conditions of a stranger are a fault of the server, wherever they are sent', async t => {
  const { app, send } = await listening(t)
  const climbs = ['%2e%2e/%2e%2e/package.json', '%2e%2e%2f%2e%2e%2fpackage.json', '..%2fx', '%2e', '.git/config', '%5c..%5cx', 'a%00b', '%2e%2e']
  const prefixes = new Set(app.routeRules().map(({ url }) => url.replace(/[:*].*$/, '').replace(/\/?$/, '/')))
  t.ok(prefixes.has('/docs/static/'))
  for (const path of [...prefixes].flatMap(prefix => climbs.map(climb => prefix + climb))) {
    const { status } = await send(request(path))
    t.ok(status >= 400 && status < 500, `${path}: ${status}`)
  }
  isProblem(t, await send(request('/docs/static/%2e%2e/%2e%2e/package.json')), 404, 'not_found')
  isProblem(t, await send(request('/docs/static/index.css', 'Range: bytes=999999-')), 416, 'range_not_satisfiable')
  isProblem(t, await send(request('/docs/static/index.css', 'If-Match: "none"')), 412, 'precondition_failed')
})

t.test('a body is refused for its announced size before it is sent', async t => {
  const { send } = await listening(t)
  const announced = ['POST /v1/auth/login HTTP/1.1', 'Host: localhost', 'Connection: close', 'Content-Type: application/json', 'Content-Length: 1048577', '', '{'].join('\r\n')
  isProblem(t, await send(announced), 413, 'body_too_large')
})

t.test('a refused upload without credentials is not waited for', async t => {
  const { send } = await listening(t)
  const announced = ['POST /v1/users HTTP/1.1', 'Host: localhost', 'Connection: close', 'Content-Type: application/json', 'Content-Length: 1000', '', '{'].join('\r\n')
  isProblem(t, await send(announced), 401, 'authentication_required')
})

t.test('a browser on an allowed origin may read that its URL is malformed', async t => {
  const { send } = await listening(t)
  for (const path of malformed) {
    t.equal((await send(request(path, 'Origin: https://lab.example'))).headers.get('access-control-allow-origin'), 'https://lab.example', path)
  }
})
