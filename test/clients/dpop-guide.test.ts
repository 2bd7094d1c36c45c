import { readFile } from 'node:fs/promises'
import t from 'tap'
import { PASSWORD } from '../support/app.js'
import { startLive } from '../support/live.js'

// docs/guides/dpop.md promises that its code runs as it stands there.

type KeyPair = Awaited<ReturnType<typeof crypto.subtle.generateKey>>

interface Guide {
  newKeys: () => Promise<KeyPair>
  prove: (keys: KeyPair, method: string, url: string, token?: string) => Promise<string>
  login: (keys: KeyPair, service: string, username: string, password: string) => Promise<Response>
  refresh: (keys: KeyPair, service: string, token: string) => Promise<Response>
  call: (keys: KeyPair, token: string, method: string, url: string, init?: RequestInit) => Promise<Response>
}

interface Tokens { access_token: string, refresh_token: string, token_type: string }

t.test('the code of the guide signs in, refreshes and calls', async t => {
  const [, code] = /```js\n(.*?)```/s.exec(await readFile(new URL('../../docs/guides/dpop.md', import.meta.url), 'utf8')) ?? []
  const { newKeys, login, refresh, call } = await import(`data:text/javascript,${encodeURIComponent(code!)}`) as Guide
  const { issuer } = await startLive(t)
  const service = issuer.origin
  const keys = await newKeys()
  const first = await (await login(keys, service, 'ada', PASSWORD)).json() as Tokens
  t.equal(first.token_type, 'DPoP')
  const answer = await refresh(keys, service, first.refresh_token)
  t.equal(answer.status, 200)
  const { access_token: token } = await answer.json() as Tokens
  t.equal((await call(keys, token, 'GET', `${service}/v1/users/me?x=1`)).status, 200)
  t.equal((await call(keys, token, 'PATCH', `${service}/v1/users/me`, { headers: { 'Content-Type': 'application/json' }, body: '{"fullname":"Ada L"}' })).status, 200)
  t.equal((await call(await newKeys(), token, 'GET', `${service}/v1/users/me`)).status, 401)
})
