import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { chromium, type Page } from 'playwright-core'
import t, { type Test } from 'tap'
import { PASSWORD, start } from '../support/app.js'

const CHROMIUM = '/usr/bin/chromium'

interface Keys { privateKey: { extractable: boolean } }
interface Tokens { access_token: string, refresh_token: string }
/** The code of the guide, and two functions that keep a pair of keys. */
interface Client {
  newKeys: () => Promise<Keys>
  login: (keys: Keys, service: string, username: string, password: string) => Promise<Response>
  refresh: (keys: Keys, service: string, token: string) => Promise<Response>
  call: (keys: Keys, token: string, method: string, url: string) => Promise<Response>
  keep: (keys: Keys) => Promise<void>
  kept: () => Promise<Keys>
}
declare const client: Client

const guide = await readFile(new URL('../../docs/guides/dpop.md', import.meta.url), 'utf8')
const [, code = ''] = /```js\n([\s\S]*?)```/.exec(guide) ?? []
const script = `globalThis.client = (() => {
  ${code.replaceAll('export ', '')}
  const settled = request => new Promise((resolve, reject) => { request.onsuccess = () => resolve(request.result); request.onerror = () => reject(request.error) })
  const store = async () => {
    const opening = indexedDB.open('client')
    opening.onupgradeneeded = () => opening.result.createObjectStore('keys')
    return (await settled(opening)).transaction('keys', 'readwrite').objectStore('keys')
  }
  const keep = async keys => { await settled((await store()).put(keys, 'pair')) }
  const kept = async () => await settled((await store()).get('pair'))
  return { newKeys, login, refresh, call, keep, kept }
})()`

/** A page of another origin than the service, which has the service's leave to call it. */
async function setUp (t: Test): Promise<{ page: Page, home: string, service: string, visit: () => Promise<void> }> {
  const frontend = createServer((_request, response) => { response.setHeader('content-type', 'text/html').end('<title>frontend</title>') })
  await new Promise<void>(resolve => frontend.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { frontend.close() })
  const home = `http://localhost:${(frontend.address() as AddressInfo).port}`
  const { app } = await start(t, { CORS_ORIGINS: home })
  const service = await app.listen({ host: '127.0.0.1', port: 0 })
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-background-networking'] })
  t.teardown(() => browser.close())
  const page = await browser.newPage()
  const visit = async (): Promise<void> => {
    await page.goto(home, { waitUntil: 'commit' })
    await page.evaluate(script)
  }
  return { page, home, service, visit }
}

t.test('in Chromium', { skip: existsSync(CHROMIUM) ? false : `there is no ${CHROMIUM}: apt-get install chromium` }, async t => {
  const { page, service, visit } = await setUp(t)
  await visit()

  const tokens = await page.evaluate(async ([service, password]) => {
    const keys = await client.newKeys()
    await client.keep(keys)
    return await (await client.login(keys, service, 'admin', password)).json() as Tokens
  }, [service, PASSWORD] as const)
  t.match(tokens, { token_type: 'DPoP' })

  await visit()
  const answers = await page.evaluate(async ([service, { access_token: token, refresh_token: refresh }]) => {
    const keys = await client.kept()
    const me = await client.call(keys, token, 'GET', `${service}/v1/users/me`)
    const next = await client.refresh(keys, service, refresh)
    const stolen = await client.call(await client.newKeys(), token, 'GET', `${service}/v1/users/me`)
    return {
      isReadable: keys.privateKey.extractable,
      statuses: [me.status, next.status, stolen.status],
      challenge: stolen.headers.get('www-authenticate'),
      date: stolen.headers.get('date')
    }
  }, [service, tokens] as const)
  t.equal(answers.isReadable, false, 'a script can use the private key, and not read it')
  t.strictSame(answers.statuses, [200, 200, 401], 'the pair outlives the page')
  t.match(answers.challenge, /^DPoP error="invalid_token"/)
  t.ok(Math.abs(Date.parse(answers.date!) - Date.now()) < 60_000, 'and learns what time it is here')
})
