import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import t from 'tap'
import { start } from '../support/app.js'
import { dialectRoutes } from '../support/plantdb.js'

const operations = [
  'DELETE /v1/sessions', 'DELETE /v1/sessions/{id}', 'DELETE /v1/users/{id}', 'DELETE /v1/users/{id}/sessions',
  'GET /health/live', 'GET /health/ready', 'GET /metrics', 'GET /openapi.json', 'GET /v1/sessions', 'GET /v1/users', 'GET /v1/users/me', 'GET /v1/users/{id}',
  'PATCH /v1/users/me', 'PATCH /v1/users/{id}',
  'POST /oauth/revoke', 'POST /oauth/token', 'POST /v1/auth/login', 'POST /v1/auth/logout', 'POST /v1/auth/password', 'POST /v1/auth/refresh', 'POST /v1/users'
]

/** The document, and its operations by method and path without a slash at the end. */
async function read (...args: Parameters<typeof start>) {
  const running = await start(...args)
  const { status, headers, body } = await running.call('GET', '/openapi.json', { token: 'credentials are not looked at' })
  const found = new Map<string, any>(Object.entries<Record<string, any>>(body.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => [`${method.toUpperCase()} ${path.replace(/(.)\/$/, '$1')}`, operation] as const)))
  return { ...running, status, headers, document: body, found }
}

const each = (found: Map<string, any>, wrong: (operation: any, name: string) => boolean): string[] =>
  [...found].filter(([name, operation]) => wrong(operation, name)).map(([name]) => name)

t.test('the document is OpenAPI 3.1 and open to everybody', async t => {
  const { status, headers, document } = await read(t)
  t.equal(status, 200)
  t.match(headers['content-type'], /^application\/json/)
  t.match(document.openapi, /^3\.1\./)
  t.match(document.info, { title: 'Guardcell', version: /^\d+\.\d+\.\d+/ })
})

t.test('the paths are those that clients call', async t => {
  const { document } = await read(t)
  t.strictSame(Object.keys(document.paths).filter(path => /.\/$/.test(path)), [])
})

t.test('every operation has a name of its own, a tag, a summary and what it answers', async t => {
  const { document, found } = await read(t)
  t.strictSame(operations.filter(name => !found.has(name)), [], 'none is missing')
  t.equal(new Set([...found.values()].map(({ operationId }) => operationId)).size, found.size)
  const tags = document.tags.map(({ name }: { name: string }) => name)
  t.strictSame(each(found, ({ operationId }) => !/^[a-z][A-Za-z]+$/.test(operationId)), [])
  t.strictSame(each(found, operation => !(operation.tags?.length > 0) || operation.tags.some((tag: string) => !tags.includes(tag))), [])
  t.strictSame(each(found, ({ summary }) => !(summary?.length > 5)), [])
  t.strictSame(each(found, ({ responses }) => !Object.keys(responses).some(code => /^2\d\d$/.test(code))), [])
  t.strictSame(each(found, ({ responses }) => Object.entries<any>(responses).some(([code, { content }]) => code !== '204' && !Object.values<any>(content ?? {}).every(({ schema }) => schema))), [])
})

t.test('every reference leads somewhere, and every parameter of a path is described', async t => {
  const { document, found } = await read(t)
  const references = [...new Set(JSON.stringify(document).match(/"\$ref":"[^"]*"/g))].map(text => JSON.parse(`{${text}}`).$ref as string)
  t.ok(references.length >= 5)
  t.strictSame(references.filter(reference => reference.slice(2).split('/').reduce((at, name) => at?.[name], document) === undefined), [])
  t.strictSame(['User', 'Session', 'TokenPair', 'Problem'].filter(noun => !document.components.schemas[noun]), [])
  t.strictSame(each(found, ({ parameters = [] }, name) => {
    const described = parameters.filter((parameter: any) => parameter.in === 'path').map((parameter: any) => parameter.name)
    return (name.match(/\{\w+\}/g) ?? []).some(slot => !described.includes(slot.slice(1, -1)))
  }), [])
})

t.test('the document says which operations take credentials, and how they refuse', async t => {
  const { found } = await read(t)
  const guarded = (name: string): boolean => /^\w+ \/v1\/(users|sessions|api-tokens|devices|auth\/(?:password|reauthenticate|token|verify)$|auth\/email\/verification|invitations|groups|datasets|audit|keys)/.test(name) || /^(POST|PUT|PATCH|DELETE) \/v1\/scans/.test(name) || /^POST \/(?!v1\/|oauth\/|login$|token-refresh$)/.test(name)
  t.strictSame(each(found, ({ security = [] }, name) => guarded(name) && !security.some((one: object) => 'bearer' in one)), [])
  t.strictSame(each(found, ({ security = [{}] }, name) => !guarded(name) && !security.some((one: object) => Object.keys(one).length === 0)), [], 'the others can be called without')
  t.strictSame(each(found, ({ responses }, name) => guarded(name) && ['401', '403', '503'].some(code => !responses[code])), [])
  t.strictSame(each(found, ({ responses, requestBody }) => requestBody && !responses['400'] && !responses['4XX']), [])
})

t.test('bodies and answers are described in the media types that are spoken', async t => {
  const { found } = await read(t)
  const media = (message: any): string[] => Object.keys(message?.content ?? {})
  for (const name of ['POST /oauth/token', 'POST /oauth/revoke', 'POST /oauth/device_authorization']) t.strictSame(media(found.get(name).requestBody), ['application/x-www-form-urlencoded'], name)
  t.strictSame(media(found.get('POST /v1/auth/login').requestBody), ['application/json'])
  t.strictSame(media(found.get('GET /metrics').responses['200']), ['text/plain'])
  t.strictSame(each(found, ({ responses }, name) => name.includes(' /v1/') && Object.entries(responses).some(([code, answer]) => Number(code) >= 400 && media(answer).join() !== 'application/problem+json')), [], 'errors are problem documents')
})

t.test('the routes of PlantDB are described as well', async t => {
  const { app, found } = await read(t)
  const slots = (url: string): string => url.replace(/:(\w+)/g, '{$1}').replace('*', '{*}')
  t.strictSame(dialectRoutes(app).map(({ method, url }) => `${method} ${slots(url)}`).filter(name => !found.get(name)?.tags.includes('PlantDB')), [])
  t.strictSame(each(found, ({ tags, operationId }) => tags.includes('PlantDB') !== String(operationId).startsWith('plantdb')), [])
})

t.test('a body that can be left out is not called required', async t => {
  const { found } = await read(t)
  t.not(found.get('POST /v1/auth/logout').requestBody.required, true)
  t.equal(found.get('POST /v1/auth/login').requestBody.required, true)
})

t.test('answers are what the document says', async t => {
  const { document, found, call, login } = await read(t)
  const ajv = new Ajv2020({ strict: false })
  addFormats.default(ajv)
  ajv.addSchema(document, 'openapi')
  const { access_token: token, refresh_token: refresh } = await login('admin')
  const calls = [
    ['GET', '/v1/users/me', { token }], ['GET', '/v1/users', { token }], ['GET', '/v1/sessions', { token }], ['GET', '/health/ready', {}], ['GET', '/v1/users', {}],
    ['POST', '/v1/auth/refresh', { body: { refresh_token: refresh } }], ['POST', '/v1/auth/login', { body: {} }], ['POST', '/oauth/token', { body: 'grant_type=x' }]
  ] as const
  for (const [method, url, options] of calls) {
    const { status, body } = await call(method, url, options)
    const { responses } = found.get(`${method} ${url}`)
    const [{ schema }] = Object.values<any>((responses[status] ?? responses['4XX']).content)
    const refers = JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"openapi#/'))
    t.ok(ajv.validate(refers, body), `${method} ${url} ${status}: ${ajv.errorsText()}`)
  }
})

t.test('/docs shows the document as a page', async t => {
  const { call } = await start(t)
  const { status, headers, body } = await call('GET', '/docs/')
  t.equal(status, 200)
  t.match(headers['content-type'], /^text\/html/)
  t.match(body, /swagger-ui/)
  const [, script] = /<script src="([^"]+)"/.exec(body) ?? []
  t.equal((await call('GET', new URL(script ?? '', 'http://localhost/docs/').pathname)).status, 200, 'with the scripts that it loads')
})
