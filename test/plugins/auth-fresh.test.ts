import t from 'tap'
import { claimsIn, PASSWORD, start, type Answer, type Running } from '../support/app.js'
import { pageOf } from '../support/jar.js'
import { freshnessRows } from '../support/permissions.js'

const rules = { 'fresh: true': { fresh: true }, 'fresh: 300': { fresh: 300 }, 'no freshness': {} } as const
type Wanted = keyof typeof rules
const urls = Object.fromEntries(Object.keys(rules).map((wanted, i) => [wanted, `/fresh-${i}`])) as Record<Wanted, string>

const REAUTHENTICATE = '/v1/auth/reauthenticate'

/** A service with one route per rule. */
const lab = (t: Parameters<typeof start>[0], env: Record<string, string> = {}) => start(t, env, app => {
  for (const [wanted, rule] of Object.entries(rules)) app.get(urls[wanted as Wanted], { config: { auth: { api: true, scopes: [], ...rule } } }, async () => 'done')
})

/** Somebody who has signed in, and goes on from there. */
interface Client { login: () => Promise<void>, refresh: () => Promise<void>, reauthenticate: () => Promise<void>, get: (url: string) => Promise<number> }

const got = ({ status, body }: Answer): any => {
  if (status !== 200 && status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body
}

function withToken ({ call, login, refresh }: Running): Client {
  let [token, refreshToken] = ['', '']
  const take = (pair: { access_token: string, refresh_token?: string }): void => { [token, refreshToken] = [pair.access_token, pair.refresh_token ?? refreshToken] }
  return {
    login: async () => take(await login('ada')),
    refresh: async () => take(got(await refresh(refreshToken))),
    reauthenticate: async () => take(got(await call('POST', REAUTHENTICATE, { token, body: { password: PASSWORD } }))),
    get: async url => (await call('GET', url, { token })).status
  }
}

function withCookies (running: Running): Client {
  const page = pageOf(running)
  return {
    login: async () => { got(await page.login('ada')) },
    refresh: async () => { got(await page.refresh()) },
    reauthenticate: async () => { got(await page.send('POST', REAUTHENTICATE, { body: { password: PASSWORD } })) },
    get: async url => (await page.send('GET', url)).status
  }
}

function withPassword ({ call }: Running): Client {
  const impossible = async (): Promise<void> => { throw new Error('there is no session') }
  const headers = { authorization: `Basic ${Buffer.from(`ada:${PASSWORD}`).toString('base64')}` }
  return { login: async () => {}, refresh: impossible, reauthenticate: impossible, get: async url => (await call('GET', url, { headers })).status }
}

function withApiToken ({ call, login }: Running): Client {
  let machine = ''
  const impossible = async (): Promise<void> => { throw new Error('a machine cannot') }
  return {
    login: async () => {
      const { access_token: token } = await login('ada')
      machine = got(await call('POST', '/v1/api-tokens', { token, body: { name: 'camera', datasets: { '*': ['read'] } } })).token
    },
    refresh: impossible,
    reauthenticate: impossible,
    get: async url => (await call('GET', url, { token: machine })).status
  }
}

/** Credentials that are the same in all ways. */
const others: Record<string, (running: Running) => Client> = { 'an API token': withApiToken, 'HTTP Basic': withPassword }

/** The ways of sending what a login gives. */
const ways: Record<string, { env: Record<string, string>, client: (running: Running) => Client }> = {
  'a bearer token': { env: {}, client: withToken },
  'an opaque token': { env: { ACCESS_TOKEN_FORMAT: 'opaque' }, client: withToken },
  'a cookie': { env: {}, client: withCookies }
}

/** Does what a word of the table says. */
async function take (running: Running, client: Client, step: string): Promise<void> {
  const [, back, seconds] = /^(the clock is set back by )?(\d+) s(?: pass)?$/.exec(step) ?? []
  if (seconds !== undefined) return running.clock.advance(back === undefined ? Number(seconds) : -Number(seconds))
  if (step in others) return await client.login()
  if (step !== 'at once') await client[step as 'login' | 'refresh' | 'reauthenticate']()
}

for (const [name, { env, client: make }] of Object.entries(ways)) {
  t.test(`${name} is as fresh as the document says`, async t => {
    const running = await lab(t, { BASIC_AUTH: 'on', ...env })
    await running.createUser('ada')
    t.ok(freshnessRows.length >= 15)
    for (const { from, then, outcomes } of freshnessRows) {
      const client = (others[from[0]!] ?? make)(running)
      for (const step of [...from, then]) await take(running, client, step)
      t.strictSame(Object.keys(outcomes), Object.keys(rules))
      for (const [wanted, said] of Object.entries(outcomes)) {
        const status = await client.get(urls[wanted as Wanted])
        t.equal(status === 200 ? 'yes' : String(status), said, `${from.join(', ')}; ${then}; ${wanted}`)
      }
    }
  })
}

t.test('who is not fresh is told what to do, and not to refresh', async t => {
  const { call, login, refresh, createUser } = await lab(t)
  const { access_token: token } = (await refresh((await login('admin')).refresh_token)).body
  const challenged = (answer: Answer, maxAge: number): void => {
    t.match(answer, { status: 403, body: { code: 'fresh_authentication_required' } })
    t.equal(answer.headers['www-authenticate'], `Bearer realm="guardcell", error="insufficient_user_authentication", error_description="That needs the password once more: reauthenticate, and repeat it with the new access token.", max_age=${maxAge}`)
  }
  challenged(await call('GET', urls['fresh: true'], { token }), 0)
  const ada = await createUser('ada')
  challenged(await call('POST', `/v1/users/${ada.id}/password`, { token, body: { new: PASSWORD } }), 0)
  t.notOk('fresh' in claimsIn(token))
  t.equal((await login('ada')).user.username, 'ada', 'and nothing was changed')
})

t.test('nobody learns by it which scopes they would need, nor gets around them', async t => {
  const { call, login, createUser } = await lab(t)
  const ada = await createUser('ada')
  const { access_token: token } = await login('ada')
  t.match(await call('POST', `/v1/users/${ada.id}/password`, { token, body: { new: PASSWORD } }), { status: 403, body: { code: 'insufficient_scope' } })
  t.match(await call('GET', urls['fresh: true']), { status: 401, body: { code: 'authentication_required' } })
})
