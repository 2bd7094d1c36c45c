import { ClientCredentials, ResourceOwnerPassword, type ModuleOptions } from 'simple-oauth2'
import t from 'tap'
import { PASSWORD } from '../support/app.js'
import { errorOf, startLive } from '../support/live.js'
import { portal, robot } from '../support/oauth.js'

const options = (issuer: URL, { id, secret }: { id: string, secret: string }, authorizationMethod: 'header' | 'body'): ModuleOptions => ({
  client: { id, secret }, auth: { tokenHost: issuer.href }, options: { authorizationMethod }
})

const text = (value: unknown): string => value as string

const shared = startLive(t)

for (const method of ['header', 'body'] as const) {
  t.test(`it signs a user in, refreshes and revokes, with its secret in the ${method}`, async t => {
    const { issuer, call } = await shared
    const client = new ResourceOwnerPassword(options(issuer, portal, method))
    const first = await client.getToken({ username: 'ada', password: PASSWORD, scope: ['profile', 'sessions'] })
    t.equal(first.token.scope, 'profile sessions')
    t.equal(first.expired(800), false)
    t.equal(first.expired(1000), true)
    const second = await first.refresh({ scope: 'profile' })
    t.equal(second.token.scope, 'profile')
    const me = () => call('GET', '/v1/users/me', { token: text(second.token.access_token) })
    t.equal((await me()).status, 200)
    await second.revokeAll()
    t.equal((await me()).status, 401)
    t.match(await errorOf(second.refresh()), { data: { payload: { error: 'invalid_grant' } } })
  })

  t.test(`it gets a token for itself, with its secret in the ${method}`, async t => {
    const { issuer, call, apiToken } = await shared
    const machine = await apiToken()
    for (const who of [robot, { id: machine.id, secret: machine.token }]) {
      const { token } = await new ClientCredentials(options(issuer, who, method)).getToken({ scope: 'datasets:read' })
      t.equal((await call('GET', '/v1/scans', { token: text(token.access_token) })).status, 200)
    }
    t.match(await errorOf(new ClientCredentials(options(issuer, { ...robot, secret: portal.secret }, method)).getToken({})), { output: { statusCode: 401 } })
  })
}

t.test('our own client needs no secret', async t => {
  const { issuer } = await shared
  const client = new ResourceOwnerPassword(options(issuer, { id: 'guardcell', secret: '' }, 'header'))
  const { token } = await client.getToken({ username: 'ada', password: PASSWORD })
  t.ok(token.refresh_token)
})
