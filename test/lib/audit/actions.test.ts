import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { actionNames, actions, type ActionName } from '#lib/audit/actions.js'
import type { AuditEvent } from '#lib/audit/schema.js'
import { keysOf, newKey, PASSWORD, start } from '../../support/app.js'
import { begin, poll, withUser, wordOf } from '../../support/pairing.js'
import { startMailbox } from '../../support/smtp.js'

const OTHER_PASSWORD = 'another correct horse'

/** The event that an act causes, as far as it says who and what. */
type Wanted = Partial<AuditEvent>

t.test('every action of the table is recorded when its time comes, and says who, what and where', async t => {
  const mailbox = await startMailbox(t)
  const running = await start(t, { REGISTRATION: 'open', MAIL_URL: mailbox.url, AUDIT_REFRESH: 'on', MAX_SESSION: '3' }, app => {
    app.get('/broken', { config: { auth: 'public' } }, () => { throw new Error('broken') })
  })
  const { app, call, login, refresh, createUser, clock } = running
  const { access_token: token, session_id: adminSession, user: { id: admin } } = await login('admin')
  const device = { ip: '127.0.0.1', user_agent: 'lightMyRequest', label: null }
  const byAdmin = { by: admin, session: adminSession, device }
  const byNobody = { by: null, device }
  let people = 0

  const somebody = async (more = {}) => await createUser(`user-${++people}`, more)
  const signedIn = async () => {
    const { id, username } = await somebody()
    return { id, username, ...await login(username) }
  }
  const change = async (id: string, body: object) => await call('PATCH', `/v1/users/${id}`, { token, body })
  const group = async (): Promise<string> => {
    const name = `group-${++people}`
    await call('POST', '/v1/groups', { token, body: { name } })
    return name
  }
  const apiToken = async (mine: string) => (await call('POST', '/v1/api-tokens', { token: mine, body: { name: 'camera', datasets: { 'a*': ['read'] } } })).body.id as string

  /** A machine as the client that it is, by the form. */
  const machine = async () => {
    const person = await signedIn()
    const { body } = await call('POST', '/v1/api-tokens', { token: person.access_token, body: { name: 'camera', datasets: { 'a*': ['read'] } } })
    return { ...person, client: `client_id=${body.id}&client_secret=${body.token}` }
  }

  const paired = async () => {
    const person = await signedIn()
    const { approve } = withUser(running, person.access_token)
    const { body } = await begin(running)
    await approve(body.user_code, { datasets: { 'cam_*': ['read'] } })
    clock.advance(10)
    t.equal(wordOf(await poll(running, body.device_code)), 'token')
    return person
  }

  /** For each action something that causes it; one without is an error of types. */
  const acts: Record<ActionName, () => Promise<Wanted>> = {
    login: async () => {
      const { id, session_id: session } = await signedIn()
      return { user: id, session, ...byNobody }
    },
    reauthenticated: async () => {
      const { id, session_id: session, access_token: mine } = await signedIn()
      await call('POST', '/v1/auth/reauthenticate', { token: mine, body: { password: PASSWORD } })
      return { user: id, session, by: id, device }
    },
    logout: async () => {
      const { id, session_id: session, access_token: mine } = await signedIn()
      await call('POST', '/v1/auth/logout', { token: mine })
      return { user: id, session, ...byNobody }
    },
    session_revoked: async () => {
      const { id, session_id: session } = await signedIn()
      await call('DELETE', `/v1/users/${id}/sessions`, { token })
      return { user: id, reason: 'revoked', ...byAdmin, session }
    },
    session_evicted: async () => {
      const { id, username, session_id: session } = await signedIn()
      for (let n = 0; n < 3; n++) await login(username)
      return { user: id, session, ...byNobody }
    },
    refresh: async () => {
      const { id, session_id: session, refresh_token: spent } = await signedIn()
      await refresh(spent)
      return { user: id, session, ...byNobody }
    },
    retry: async () => {
      const { id, session_id: session, refresh_token: spent } = await signedIn()
      const key = newKey()
      for (let n = 0; n < 2; n++) await refresh(spent, key)
      return { user: id, session, reason: 'same_key', ...byNobody }
    },
    heal: async () => {
      const { id, session_id: session, refresh_token: first } = await signedIn()
      // As if the store had lost the rotation.
      const [key = ''] = (await keysOf(app, id)).filter(name => name.includes(':session:'))
      const { body } = await refresh(first)
      await app.redis.hset(key, 'gen', 0, 'rot', 1, 'jti', 'lost')
      await refresh(body.refresh_token)
      return { user: id, session, ...byNobody }
    },
    reuse: async () => {
      const { id, session_id: session, refresh_token: spent } = await signedIn()
      for (let n = 0; n < 2; n++) await refresh(spent)
      return { user: id, session, reason: 'predecessor', result: 'failure', ...byNobody, details: { opened_from: device } }
    },
    late_reuse: async () => {
      const { id, session_id: session, refresh_token: spent } = await signedIn()
      const { body } = await refresh(spent)
      await call('POST', '/v1/auth/logout', { body: { refresh_token: body.refresh_token } })
      await refresh(spent)
      return { user: id, session, reason: 'logout', ...byNobody }
    },
    login_failed: async () => {
      const { id, username } = await somebody()
      await call('POST', '/v1/auth/login', { body: { username, password: 'wrong' } })
      return { user: id, session: null, reason: 'wrong_password', ...byNobody }
    },
    brute_force: async () => {
      const { id, username } = await somebody()
      for (let n = 0; n < 10; n++) await call('POST', '/v1/auth/login', { body: { username, password: 'wrong' } })
      return { user: id, reason: 'account', ...byNobody, details: { failures: 10 } }
    },
    account_created: async () => {
      const { body } = await call('POST', '/v1/users', { token, body: { username: 'grace', fullname: 'Grace', password: PASSWORD } })
      return { user: body.id, ...byAdmin, details: { username: 'grace', roles: 'reader' } }
    },
    account_changed: async () => {
      const { id, access_token: mine, session_id: session } = await signedIn()
      await call('PATCH', '/v1/users/me', { token: mine, body: { fullname: 'Confidential', email: 'confidential@example.org' } })
      return { user: id, by: id, session, device, details: { members: ['fullname', 'email'] } }
    },
    role_changed: async () => {
      const { id } = await somebody()
      await change(id, { roles: ['reader', 'contributor'] })
      return { user: id, ...byAdmin, details: { from: 'reader', to: 'reader contributor' } }
    },
    account_activated: async () => {
      const { id } = await somebody()
      for (const active of [false, true]) await change(id, { active })
      return { user: id, ...byAdmin }
    },
    account_deactivated: async () => {
      const { id } = await somebody()
      await change(id, { active: false })
      return { user: id, ...byAdmin }
    },
    account_unlocked: async () => {
      const { id } = await somebody()
      await call('POST', `/v1/users/${id}/unlock`, { token })
      return { user: id, ...byAdmin }
    },
    account_deleted: async () => {
      const { id, username } = await somebody()
      await call('DELETE', `/v1/users/${id}`, { token })
      // What was sealed for the account went with it.
      return { user: id, ...byAdmin, device: null, details: { username } }
    },
    password_changed: async () => {
      const { id, access_token: mine, session_id: session } = await signedIn()
      await call('POST', '/v1/auth/password', { token: mine, body: { current: PASSWORD, new: OTHER_PASSWORD } })
      return { user: id, by: id, session, device, reason: 'password_changed' }
    },
    invitation_created: async () => {
      const { body } = await call('POST', '/v1/invitations', { token, body: {} })
      return { user: admin, ...byAdmin, details: { invitation: body.id } }
    },
    invitation_withdrawn: async () => {
      const { body } = await call('POST', '/v1/invitations', { token, body: {} })
      await call('DELETE', `/v1/invitations/${body.id}`, { token })
      return { user: admin, ...byAdmin, details: { invitation: body.id } }
    },
    registered: async () => {
      const { body } = await call('POST', '/v1/auth/register', { body: { username: 'newcomer', fullname: 'New', password: PASSWORD } })
      return { user: body.id, ...byNobody }
    },
    email_verified: async () => {
      await call('POST', '/v1/auth/register', { body: { username: 'mailer', fullname: 'Mailer', password: PASSWORD, email: 'confidential@lab.example' } })
      const link = await mailbox.link('confidential@lab.example')
      await call('POST', '/v1/auth/email/verify', { body: { token: link.token } })
      return { user: (await app.accountStore.byUsername('mailer'))!.id, ...byNobody }
    },
    password_reset_requested: async () => {
      const { id, username } = await somebody({ email: 'confidential.too@lab.example' })
      await call('POST', '/v1/auth/password/forgot', { body: { username } })
      // Everything is done after the answer; whoever has the mail finds it recorded.
      await mailbox.link('confidential.too@lab.example')
      return { user: id }
    },
    link_refused: async () => {
      await call('POST', '/v1/auth/email/verify', { body: { token: `gcv_${'x'.repeat(43)}` } })
      return { user: null, ...byNobody, details: { kind: 'verify' } }
    },
    group_created: async () => ({ user: null, ...byAdmin, details: { group: await group() } }),
    group_deleted: async () => {
      const name = await group()
      await call('DELETE', `/v1/groups/${name}`, { token })
      return { user: null, ...byAdmin, details: { group: name } }
    },
    group_joined: async () => {
      const [name, { id, username }] = [await group(), await somebody()]
      await call('PUT', `/v1/groups/${name}/members/${username}`, { token })
      return { user: id, ...byAdmin, details: { group: name } }
    },
    group_left: async () => {
      const [name, { id, username }] = [await group(), await somebody()]
      for (const method of ['PUT', 'DELETE']) await call(method, `/v1/groups/${name}/members/${username}`, { token })
      return { user: id, ...byAdmin, details: { group: name } }
    },
    api_token_issued: async () => {
      const { id, access_token: mine, session_id: session } = await signedIn()
      const issued = await apiToken(mine)
      return { user: id, by: id, session, device, details: { token: issued, datasets: 'a*/read', scope: 'datasets:read' } }
    },
    api_token_ended: async () => {
      const { id, access_token: mine, session_id: session } = await signedIn()
      const issued = await apiToken(mine)
      await call('DELETE', `/v1/api-tokens/${issued}`, { token: mine })
      return { user: id, by: id, session, device, reason: 'revoked', details: { token: issued } }
    },
    api_token_collected: async () => {
      const { id } = await paired()
      return { user: id, ...byNobody }
    },
    client_token_issued: async () => {
      const { id, client } = await machine()
      await call('POST', '/oauth/token', { body: `grant_type=client_credentials&${client}` })
      return { user: id, ...byNobody, details: { scope: 'datasets:read', client: /^client_id=([^&]+)/.exec(client)![1] } }
    },
    client_token_ended: async () => {
      const { id, client } = await machine()
      const { body } = await call('POST', '/oauth/token', { body: `grant_type=client_credentials&${client}` })
      for (let time = 0; time < 2; time++) await call('POST', '/oauth/revoke', { body: `token=${body.access_token}&${client}` })
      return { user: id, ...byNobody, reason: 'revoked', details: { client: /^client_id=([^&]+)/.exec(client)![1] } }
    },
    device_approved: async () => {
      const { id, session_id: session } = await paired()
      return { user: id, by: id, session, device }
    },
    device_denied: async () => {
      const { id, access_token: mine, session_id: session } = await signedIn()
      await withUser(running, mine).deny((await begin(running)).body.user_code)
      return { user: id, by: id, session, device }
    },
    key_announced: async () => {
      const { body } = await call('POST', '/v1/keys/rotate', { token })
      return { user: null, ...byAdmin, reason: 'ordered', details: { kid: body.kid, alg: 'HS512' } }
    },
    key_removed: async () => {
      const { body } = await call('POST', '/v1/keys/rotate', { token })
      await call('DELETE', `/v1/keys/${body.kid}`, { token })
      return { user: null, ...byAdmin, details: { kid: body.kid, alg: 'HS512' } }
    },
    // These two would take the keys of this installation away; the tests of the key ring cause them.
    secret_changed: async () => {
      await app.auditStore.record('keys', { action: 'secret_changed' })
      return { user: null, by: 'system' }
    },
    keys_reset: async () => {
      await app.auditStore.record('keys', { action: 'keys_reset', alarm: true })
      return { user: null, by: 'system' }
    },
    key_restored: async () => {
      const { body } = await call('POST', '/v1/keys/rotate', { token })
      // As if the store had lost the announcement.
      const ring = await app.redis.hget(`${app.names.keys}:facts`, 'ring')
      await app.redis.hset(`${app.names.keys}:facts`, 'ring', JSON.stringify((JSON.parse(ring!) as object[]).slice(0, -1)))
      await call('GET', '/v1/keys', { token })
      return { user: null, details: { kid: body.kid } }
    },
    credentials_refused: async () => {
      await call('GET', '/v1/users/me', { token: 'nonsense' })
      return { user: null, ...byNobody, details: { code: 'access_token_invalid', route: '/v1/users/me', method: 'GET' } }
    },
    access_denied: async () => {
      const { id, access_token: mine, session_id: session } = await signedIn()
      await call('GET', '/v1/users', { token: mine })
      return { user: id, session, details: { code: 'insufficient_scope', route: '/v1/users', method: 'GET' } }
    },
    refusals_counted: async () => {
      await Promise.all(Array.from({ length: 40 }, () => call('GET', '/v1/users/me', { token: 'nonsense' })))
      // When their second is over.
      for (const deadline = Date.now() + 30_000; await latest('refusals_counted', { user: null }) === undefined && Date.now() < deadline;) await sleep(50)
      return { user: null }
    },
    internal_error: async () => {
      const { body } = await call('GET', '/broken')
      return { user: null, details: { code: 'internal_error', request: body.request_id, route: '/broken', method: 'GET' } }
    }
  }

  /** The latest event of an action; what was answered is there, so nobody waits for it. */
  const latest = async (action: ActionName, wanted: Wanted): Promise<AuditEvent | undefined> => {
    const kind = action === 'internal_error' ? '&kind=errors' : ''
    const { body } = await call('GET', `/v1/audit?action=${action}${kind}`, { token })
    return (body.items as AuditEvent[]).find(({ user }) => user === wanted.user)
  }

  for (const action of actionNames) {
    await t.test(action, async t => {
      const wanted = await acts[action]()
      const found = await latest(action, wanted)
      t.match(found, { action, result: actions[action].result, ...wanted })
      if (typeof wanted.reason === 'string') t.ok((actions[action].reasons).includes(wanted.reason), 'the reason is one of the table')
    })
  }

  await t.test('and nothing personal stands in the store in clear', async t => {
    const stored: string[] = []
    for (const user of await app.auditStore.everybody()) {
      for (const { key } of app.auditStore.streamsOf(user)) stored.push(...(await app.redis.xrange(key, '-', '+')).map(([, fields]) => fields.join(' ')))
    }
    t.ok(stored.some(text => text.includes('login')))
    t.notMatch(stored.join('\n'), /127\.0\.0\.1|lightMyRequest|confidential|camera|correct horse/i)
  })
})
