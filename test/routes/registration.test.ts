import t from 'tap'
import { PASSWORD, start, type Answer, type Running } from '../support/app.js'
import { linkIn, startMailbox } from '../support/smtp.js'

const EMAIL = 'ada@lab.example'

/** A service that sends to a mailbox of the test's. */
async function startLab (t: Parameters<typeof start>[0], env: Record<string, string>) {
  const mailbox = await startMailbox(t)
  const running = await start(t, { MAIL_URL: mailbox.url, ...env })
  const { access_token: admin } = await running.login('admin')
  const invite = async (body: Record<string, unknown> = {}): Promise<Answer> => await running.call('POST', '/v1/invitations', { token: admin, body })
  return { ...running, mailbox, admin, invite }
}

const register = ({ call }: Running, username: string, more: Record<string, unknown> = {}) =>
  call('POST', '/v1/auth/register', { body: { username, fullname: 'Ada Lovelace', password: PASSWORD, ...more } })

const gone = { status: 410, body: { code: 'link_invalid' } }

t.test('nobody registers unless the operator wants it', async t => {
  const lab = await startLab(t, {})
  t.match(await register(lab, 'ada'), { status: 403, body: { code: 'registration_closed' } })
  t.match(await register(lab, 'ada', { invitation: 'gci_x' }), { status: 403, body: { code: 'registration_closed' } })
  t.match(await lab.invite(), { status: 403, body: { code: 'registration_closed' } }, 'an invitation that nobody could use is not made')
})

t.test('REGISTRATION=open', async t => {
  const lab = await startLab(t, { REGISTRATION: 'open' })
  const { call, login, mailbox } = lab

  t.test('anybody gets the account of a reader, verified by the link in the mail', async t => {
    const made = await register(lab, 'Ada', { email: EMAIL })
    t.match(made, { status: 201, body: { username: 'ada', fullname: 'Ada Lovelace', roles: ['reader'], groups: [], active: true, verified: false, email: EMAIL, last_login: null } })
    t.equal(JSON.stringify(made.body).includes('argon2'), false)
    t.notOk((await login('ada')).scope.split(' ').includes('guardcell:verified'), 'it can be used at once')
    const { token, kind, url } = await mailbox.link(EMAIL)
    t.equal(kind, 'verify')
    t.match(url, /^http:\/\/localhost:8080\/link#/, 'the address that the service knows of itself')
    t.equal((await call('POST', '/v1/auth/email/verify', { body: { token } })).status, 204)
    t.ok((await login('ada')).scope.split(' ').includes('guardcell:verified'))
    t.match(await call('POST', '/v1/auth/email/verify', { body: { token } }), gone)
  })

  t.test('a name that is taken is told, an e-mail address is not', async t => {
    t.match(await register(lab, 'ADA', { email: 'other@lab.example' }), { status: 409, body: { code: 'username_taken' } })
    const same = await register(lab, 'countess', { email: EMAIL })
    t.match(same, { status: 201, body: { verified: false, email: EMAIL } })
    t.match((await mailbox.next(EMAIL)).subject, /countess/)
  })

  t.test('of two who want one name, one has it', async t => {
    const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => register(lab, i % 2 ? 'grace' : 'GRACE', { password: `${PASSWORD} ${i}` })))
    t.strictSame(answers.map(({ status }) => status).sort(), [201, ...Array(7).fill(409)])
    t.ok(await login('grace', `${PASSWORD} ${answers.findIndex(({ status }) => status === 201)}`))
  })

  t.test('nobody takes more than that', async t => {
    for (const member of [{ roles: ['admin'] }, { verified: true }, { active: false }, { id: 'x' }, { groups: [] }]) {
      t.match(await register(lab, 'mallory', member), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(member))
    }
    for (const wrong of [{ username: '-x' }, { username: 'a b' }, { fullname: ' ' }, { password: '' }, { email: 'none' }, { email: null }, { invitation: 5 }]) {
      t.match(await register(lab, 'mallory', wrong), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(wrong))
    }
    t.match(await register(lab, 'mallory', { password: '1234567' }), { status: 422, body: { code: 'password_too_short' } })
    t.match(await call('POST', '/v1/auth/login', { body: { username: 'mallory', password: PASSWORD } }), { status: 401 })
  })

  t.test('invitations are good here, too', async t => {
    const { body } = await lab.invite({ roles: ['contributor'] })
    t.match(await register(lab, 'invited', { invitation: body.token }), { status: 201, body: { roles: ['contributor'] } })
    t.match(await register(lab, 'uninvited', { invitation: body.token }), gone, 'a used one is not passed over')
  })
})

t.test('REGISTRATION=invite', async t => {
  const lab = await startLab(t, { REGISTRATION: 'invite', INVITATION_TTL: '86400' })
  const { call, login, clock, mailbox, admin, createUser, invite } = lab

  t.test('it takes an invitation', async t => {
    t.match(await register(lab, 'ada'), { status: 403, body: { code: 'invitation_required' } })
    for (const bad of ['x', 'gci_', `gci_${'A'.repeat(43)}`]) t.match(await register(lab, 'ada', { invitation: bad }), gone, bad)
  })

  t.test('an invitation says what the account has, and works once', async t => {
    const made = await invite({ roles: ['contributor', 'admin'] })
    t.equal(made.status, 201)
    t.equal(made.headers['cache-control'], 'no-store')
    t.strictSame(Object.keys(made.body).sort(), ['expires_at', 'id', 'token', 'url'])
    const { token, url, id, expires_at: expires } = made.body
    t.strictSame(linkIn(url), { url, kind: 'invitation', token })
    t.match(token, /^gci_[A-Za-z0-9_-]{43}$/)
    t.notOk(token.includes(id))
    t.ok(Math.abs(Date.parse(expires) - Date.now() - 86_400_000) < 60_000)
    t.match(await register(lab, 'nobody', { invitation: id }), gone, 'its id opens nothing')

    t.match(await register(lab, 'admin', { invitation: token }), { status: 409, body: { code: 'username_taken' } })
    t.match(await register(lab, 'ada', { invitation: token, password: '1234567' }), { status: 422, body: { code: 'password_too_short' } })
    const user = await register(lab, 'ada', { invitation: token, email: EMAIL })
    t.match(user, { status: 201, body: { roles: ['contributor', 'admin'], verified: false } }, 'what can be mended does not cost the invitation')
    t.equal((await mailbox.link(EMAIL)).kind, 'verify')
    t.equal((await call('GET', '/v1/users', { token: (await login('ada')).access_token })).status, 200)
    t.match(await register(lab, 'eve', { invitation: token }), gone)
  })

  t.test('of fifty who use one invitation at once, one gets an account', async t => {
    const { token } = (await invite()).body
    const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => register(lab, `racer-${i}`, { invitation: token })))
    t.equal(answers.filter(({ status }) => status === 201).length, 1)
    t.equal(answers.filter(({ status, body }) => status === 410 && body.code === 'link_invalid').length, 49)
    const { items } = (await call('GET', '/v1/users?limit=500', { token: admin })).body
    t.equal(items.filter(({ username }: { username: string }) => username.startsWith('racer-')).length, 1)
  })

  t.test('one for an e-mail address is sent there, and good for that address only, which it verifies', async t => {
    const made = await invite({ email: 'Grace@Lab.example' })
    const { token, url } = await mailbox.link('Grace@lab.example')
    t.equal(url, made.body.url)
    for (const more of [{}, { email: 'eve@lab.example' }]) {
      t.match(await register(lab, 'eve', { invitation: token, ...more }), { status: 403, body: { code: 'invitation_for_another' } })
    }
    t.match(await register(lab, 'grace', { invitation: token, email: 'grace@lab.example' }), { status: 201, body: { verified: true, email: 'grace@lab.example', roles: ['reader'] } })
    t.ok((await login('grace')).scope.split(' ').includes('guardcell:verified'))
    t.match(await register(lab, 'eve', { invitation: token, email: 'grace@lab.example' }), gone)
  })

  t.test('it ends when it says so, when it is withdrawn, and with the rights of who made it', async t => {
    const [usual, short] = [(await invite()).body, (await invite({ expires_in: 3600 })).body]
    const withdrawn = (await invite()).body
    t.equal((await call('DELETE', `/v1/invitations/${withdrawn.id}`, { token: admin })).status, 204)
    t.match(await call('DELETE', `/v1/invitations/${withdrawn.id}`, { token: admin }), { status: 404, body: { code: 'invitation_not_found' } })
    t.match(await register(lab, 'eve', { invitation: withdrawn.token }), gone)

    const boss = await createUser('boss', { roles: ['admin'] })
    const theirs = (await call('POST', '/v1/invitations', { token: (await login('boss')).access_token, body: { roles: ['admin'] } })).body
    t.equal((await call('PATCH', `/v1/users/${boss.id}`, { token: admin, body: { roles: ['reader'] } })).status, 200)
    t.match(await register(lab, 'eve', { invitation: theirs.token }), gone)

    clock.advance(3600)
    t.match(await register(lab, 'eve', { invitation: short.token }), gone)
    t.equal((await register(lab, 'kim', { invitation: usual.token })).status, 201)
    const late = (await lab.call('POST', '/v1/invitations', { token: (await login('admin')).access_token, body: {} })).body
    clock.advance(86_400)
    t.match(await register(lab, 'eve', { invitation: late.token }), gone)
  })

  t.test('only who manages accounts invites', async t => {
    const readers = await login('grace')
    const { access_token: narrow } = await login('admin', PASSWORD, { scope: 'profile' })
    for (const token of [readers.access_token, narrow]) t.match(await call('POST', '/v1/invitations', { token, body: {} }), { status: 403, body: { code: 'insufficient_scope' } })
    t.match(await call('POST', '/v1/invitations', { body: {} }), { status: 401 })
    const { access_token: token } = await login('admin')
    for (const body of [{ roles: ['king'] }, { email: 'none' }, { expires_in: 0 }, { expires_in: 1e9 }, { expires_in: '60' }, { uses: 5 }]) {
      t.match(await call('POST', '/v1/invitations', { token, body }), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body))
    }
  })
})

t.test('invitations that can be used are listed, without what opens them', async t => {
  const lab = await startLab(t, { REGISTRATION: 'invite', INVITATION_TTL: '86400' })
  const { app, call, login, createUser, admin, clock } = lab
  const list = async (token = admin, query = ''): Promise<any> => (await call('GET', `/v1/invitations${query}`, { token })).body
  const ids = async (token?: string): Promise<string[]> => (await list(token)).items.map(({ id }: { id: string }) => id)
  const boss = await createUser('boss', { roles: ['admin'] })
  const { access_token: other } = await login('boss')

  const mine = (await lab.invite({ email: 'Grace@lab.example', roles: ['contributor'] })).body
  clock.advance(1)
  const theirs = (await call('POST', '/v1/invitations', { token: other, body: { expires_in: 3600 } })).body
  clock.advance(1)
  const used = (await lab.invite()).body
  t.match(await list(), { items: [{ id: used.id, email: null }, { id: theirs.id, by: boss.id, email: null, roles: ['reader'], expires_at: theirs.expires_at }, { id: mine.id, email: 'Grace@lab.example', roles: ['contributor'] }], next: null })
  for (const { token } of [mine, theirs, used]) t.notMatch(JSON.stringify(await list()), token)
  t.strictSame(await ids(other), await ids(), 'the same for all who may invite')

  const pages = [await list(admin, '?limit=2')]
  pages.push(await list(admin, `?limit=2&cursor=${pages[0].next}`))
  t.strictSame(pages.map(({ items }) => items.map(({ id }: { id: string }) => id)), [[used.id, theirs.id], [mine.id]])
  t.equal(pages[1].next, null)
  t.equal((await call('GET', '/v1/invitations?cursor=x', { token: admin })).status, 400)

  t.match(await register(lab, 'ada', { invitation: used.token, password: 'short' }), { status: 422 })
  t.ok((await ids()).includes(used.id), 'what was refused is still open')
  t.equal((await register(lab, 'ada', { invitation: used.token })).status, 201)
  t.strictSame(await ids(), [theirs.id, mine.id])
  t.equal((await call('DELETE', `/v1/invitations/${mine.id}`, { token: other })).status, 204, 'another admin takes it back')
  t.match(await register(lab, 'eve', { invitation: mine.token, email: 'grace@lab.example' }), gone)
  t.strictSame(await ids(), [theirs.id])

  await call('PATCH', `/v1/users/${boss.id}`, { token: admin, body: { active: false } })
  t.strictSame(await ids(), [], 'what would be refused is not listed')
  await call('PATCH', `/v1/users/${boss.id}`, { token: admin, body: { active: true } })
  t.strictSame(await ids(), [theirs.id])
  clock.advance(3600)
  const { access_token: later } = await login('boss')
  t.strictSame(await ids(later), [])

  const facts = `${app.names.user(boss.id)}:invitations`
  t.equal(await app.redis.hlen(facts), 1, 'it stands there')
  await call('POST', '/v1/invitations', { token: later, body: {} })
  t.equal(await app.redis.hlen(facts), 1, 'until the next one is made')
  const left = await app.redis.pttl(facts)
  t.ok(left > 0 && left <= 86_400_000)
  const { access_token: reader } = await login('ada')
  t.match(await call('GET', '/v1/invitations', { token: reader }), { status: 403, body: { code: 'insufficient_scope' } })
})

t.test('an address does not register for ever', async t => {
  const lab = await startLab(t, { REGISTRATION: 'open', RATE_LIMIT: 'on' })
  for (let i = 0; i < 60; i++) await register(lab, 'admin', { password: 'short' })
  t.match(await register(lab, 'ada'), { status: 429, body: { code: 'too_many_requests' } })
})
