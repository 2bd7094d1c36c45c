import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import { chromium, type BrowserContext, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { PASSWORD, start } from '../support/app.js'
import { selfSigned } from '../support/certificate.js'

const CHROMIUM = '/usr/bin/chromium'

/** The code that frontends are told to use, and what the tests do with it besides. */
interface Frontend {
  login: (username: string, password: string) => Promise<Response>
  logout: () => Promise<Response>
  api: (method: string, path: string, body?: unknown) => Promise<Response>
  refresh: () => Promise<boolean>
}
declare const frontend: Frontend

/** What of a page is used here. */
interface Element { append: (child: Element) => void, submit: () => void }
declare const document: { cookie: string, createElement: (name: string) => Element, body: Element }

const guide = await readFile(new URL('../../docs/guides/browser-frontends.md', import.meta.url), 'utf8')
const [, code = ''] = /```js\n([\s\S]*?)```/.exec(guide) ?? []
const script = `globalThis.frontend = (() => { ${code.replaceAll('export ', '')}; return { login, logout, api, refresh } })()`

const listening = async (t: Test, server: Server): Promise<number> => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { server.close() })
  return (server.address() as AddressInfo).port
}

/** Holds calls with the header `x-together` until there are two of them. */
const together = () => {
  let first: (() => void) | undefined
  return async (): Promise<void> => {
    if (first) return first()
    await new Promise<void>(resolve => { first = resolve })
    first = undefined
  }
}

/** A call as the service has seen it. */
interface Seen { call: string, origin: string | undefined, cookies: boolean, status: number }

/** A service that listens, a browser, a page of somebody else on another port. */
async function setUp (t: Test) {
  const meet = together()
  const seen: Seen[] = []
  const running = await start(t, { TRUST_PROXY: '127.0.0.1' }, app => {
    app.addHook('preHandler', async request => { if (request.headers['x-together']) await meet() })
    app.addHook('onResponse', async ({ method, url, headers }, { statusCode: status }) => {
      seen.push({ call: `${method} ${url}`, origin: headers.origin, cookies: headers.cookie !== undefined, status })
    })
  })
  const { port } = new URL(await running.app.listen({ host: '127.0.0.1', port: 0 }))
  const strangers = await listening(t, createServer((_request, response) => { response.setHeader('content-type', 'text/html').end('<title>elsewhere</title>') }))
  const secured = await listening(t, createTlsServer(selfSigned('localhost'), (incoming, answer) => {
    const headers = { ...incoming.headers, 'x-forwarded-proto': 'https' }
    incoming.pipe(request({ port, host: '127.0.0.1', method: incoming.method, path: incoming.url, headers }, response => {
      answer.writeHead(response.statusCode ?? 500, response.headers)
      response.pipe(answer)
    }))
  }))
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-background-networking'] })
  t.teardown(() => browser.close())
  return {
    running,
    seen,
    home: `http://localhost:${port}`,
    sameSite: `http://localhost:${strangers}`,
    crossSite: `http://127.0.0.1:${strangers}`,
    https: `https://localhost:${secured}`,
    visitor: async () => await browser.newContext({ ignoreHTTPSErrors: true })
  }
}

const visit = async (context: BrowserContext, origin: string): Promise<Page> => {
  const page = await context.newPage()
  // Any page of the service will do; this is a small one.
  await page.goto(`${origin}/docs/static/index.css`, { waitUntil: 'commit' })
  await page.evaluate(script)
  return page
}

const login = (page: Page): Promise<number> => page.evaluate(async password => (await frontend.login('admin', password)).status, PASSWORD)
const me = (page: Page): Promise<number> => page.evaluate(async () => (await frontend.api('GET', '/v1/users/me')).status)
/** A call without the care of the frontend. */
const bare = (page: Page, method: string, url: string, init: object = {}) => page.evaluate(async ([method, url, init]) => {
  const answer = await fetch(url, { method, ...init })
  return { status: answer.status, code: answer.ok ? undefined : (await answer.json() as { code?: string }).code }
}, [method, url, init] as const)

const isThere = existsSync(CHROMIUM)
t.test('in Chromium', { skip: isThere ? false : `there is no ${CHROMIUM}: apt-get install chromium` }, async t => {
  const { running, seen, home, sameSite, crossSite, https, visitor } = await setUp(t)
  const jar = async (context: BrowserContext) => (await context.cookies([`${home}/v1/auth/`])).map(({ name }) => name).sort()
  const names = ['gc_access', 'gc_csrf', 'gc_refresh']

  t.test('a page signs in, calls, refreshes and signs out, and sees no token', async t => {
    const context = await visitor()
    const page = await visit(context, home)
    t.equal(await me(page), 401)
    t.equal(await login(page), 200)
    t.equal(await me(page), 200)
    t.strictSame(await jar(context), names)
    t.match(await page.evaluate(() => document.cookie), /^gc_csrf=[\w-]{43}$/, 'a script sees the CSRF token only')
    t.equal(await page.evaluate(async () => (await frontend.api('PATCH', '/v1/users/me', { fullname: 'Boss' })).status), 200)
    const before = await context.cookies()
    t.equal(await page.evaluate(() => frontend.refresh()), true)
    t.strictSame((await context.cookies()).filter(({ value }) => before.some(old => old.value === value)).map(({ name }) => name), ['gc_csrf'])
    t.equal(await me(page), 200)
    t.equal(await page.evaluate(async () => (await frontend.logout()).status), 204)
    t.strictSame(await context.cookies(), [])
    t.equal(await page.evaluate(() => document.cookie), '')
    t.equal(await me(page), 401)
  })

  t.test('a page that is loaded again after its access token has expired goes on', async t => {
    const page = await visit(await visitor(), home)
    await login(page)
    running.clock.advance(1_000)
    await page.reload({ waitUntil: 'commit' })
    await page.evaluate(script)
    t.match(await bare(page, 'GET', '/v1/users/me'), { status: 401, code: 'access_token_expired' })
    t.equal(await me(page), 200)
    running.clock.advance(1_000)
    const many = await page.evaluate(async () => (await Promise.all(Array.from({ length: 5 }, () => frontend.api('GET', '/v1/sessions')))).map(({ status }) => status))
    t.strictSame(many, [200, 200, 200, 200, 200], 'many calls wait for one refresh')
    await page.context().clearCookies({ name: 'gc_access' })
    t.equal(await me(page), 200, 'and so does a page whose access token is gone')
  })

  t.test('two tabs that refresh at the same time both stay signed in', async t => {
    const context = await visitor()
    const tabs = [await visit(context, home), await visit(context, home)] as const
    await login(tabs[0])
    for (let round = 0; round < 3; round++) {
      running.clock.advance(1_000)
      const refreshed = await Promise.all(tabs.map(tab => tab.evaluate(async () => (await fetch('/v1/auth/refresh', {
        method: 'POST', headers: { 'x-together': 'yes', 'x-csrf-token': document.cookie.replace('gc_csrf=', '') }
      })).status)))
      t.strictSame(refreshed, [200, 200])
      for (const tab of tabs) t.match(await bare(tab, 'GET', '/v1/users/me'), { status: 200 })
    }
    await tabs[1].evaluate(() => frontend.logout())
    for (const tab of tabs) t.equal(await me(tab), 401, 'and both are signed out by one')
  })

  t.test('a page of another site, or of another port, can do nothing', async t => {
    const context = await visitor()
    const page = await visit(context, home)
    await login(page)
    for (const [origin, cookies] of [[crossSite, false], [sameSite, true]] as const) {
      const stranger = await context.newPage()
      await stranger.goto(origin)
      const attempts = await stranger.evaluate(async home => {
        const json = { method: 'POST', credentials: 'include' as const, headers: { 'content-type': 'application/json', 'x-csrf-token': 'x' }, body: '{}' }
        const tried = async (attempt: Promise<unknown>) => await attempt.then(() => 'done', () => 'refused')
        return [
          await tried(fetch(`${home}/v1/users/me`, { credentials: 'include' })),
          await tried(fetch(`${home}/v1/auth/refresh`, json)),
          await tried(fetch(`${home}/v1/auth/logout`, { method: 'POST', credentials: 'include', mode: 'no-cors' })),
          await tried(fetch(`${home}/v1/auth/refresh`, { method: 'POST', credentials: 'include', mode: 'no-cors' }))
        ]
      }, home)
      t.strictSame(attempts, ['refused', 'refused', 'done', 'done'], 'the last two were sent, and their answers cannot be read')
      for (const [path, type] of [['/v1/auth/logout', 'application/x-www-form-urlencoded'], ['/v1/auth/password', 'text/plain'], ['/v1/auth/login', 'text/plain']] as const) {
        await stranger.goto(origin)
        await Promise.all([stranger.waitForURL(`${home}${path}`), stranger.evaluate(([action, type]) => {
          const form = Object.assign(document.createElement('form'), { action, method: 'post', enctype: type })
          form.append(Object.assign(document.createElement('input'), { name: '{"username":"admin","transport":"cookie","x":"', value: '"}' }))
          document.body.append(form)
          form.submit()
        }, [`${home}${path}`, type] as const)])
      }
      const refused = cookies ? 403 : 401
      t.strictSame(seen.filter(one => one.call.startsWith('POST') && one.origin === origin), [
        ['logout', refused], ['refresh', refused], ['logout', 415], ['password', refused], ['login', 415]
      ].map(([path, status]) => ({ call: `POST /v1/auth/${path}`, origin, cookies, status })), origin)
      await stranger.close()
    }
    t.equal(await me(page), 200, 'nobody was signed out')
    t.match(await bare(page, 'POST', '/v1/auth/logout'), { status: 403, code: 'csrf_failed' }, 'nor does a page of ours act without the token')
  })

  t.test('a stolen bearer token is of no use as a cookie, and a cookie of none as a bearer token', async t => {
    const { access_token: token, refresh_token: refresh } = await running.login('admin')
    const context = await visitor()
    await context.addCookies([{ name: 'gc_access', value: token, url: home }, { name: 'gc_refresh', value: refresh, url: home }])
    const page = await visit(context, home)
    t.match(await bare(page, 'GET', '/v1/users/me'), { status: 401, code: 'access_token_invalid' })
    t.equal(await page.evaluate(() => frontend.refresh()), false)
    t.equal((await running.refresh(refresh)).status, 200, 'nor is it spent')
    await login(page)
    const stolen = (await context.cookies()).find(({ name }) => name === 'gc_access')!.value
    t.match(await running.call('GET', '/v1/users/me', { token: stolen }), { status: 401, body: { code: 'access_token_invalid' } })
  })

  t.test('through a proxy that speaks https the browser keeps cookies with prefixes', async t => {
    const context = await visitor()
    const page = await visit(context, https)
    t.equal(await login(page), 200)
    t.strictSame((await context.cookies()).map(({ name, secure, sameSite }) => `${name} ${secure} ${sameSite}`).sort(), ['__Host-gc_access true Strict', '__Host-gc_csrf true Strict', '__Secure-gc_refresh true Strict'])
    running.clock.advance(1_000)
    t.equal(await me(page), 200, 'after a refresh')
    t.equal(await page.evaluate(async () => (await frontend.logout()).status), 204)
    t.strictSame(await context.cookies(), [])
  })
})
