import t from 'tap'
import { createAccountStore } from '#lib/accounts/store.js'
import { PASSWORD, start, type Running } from '../support/app.js'
import { startMailbox } from '../support/smtp.js'

async function startLab (t: Parameters<typeof start>[0], env: Record<string, string> = {}) {
  const mailbox = await startMailbox(t)
  return { ...await start(t, { MAIL_URL: mailbox.url, ...env }), mailbox }
}

const verify = ({ call }: Running, token: string) => call('POST', '/v1/auth/email/verify', { body: { token } })
const gone = { status: 410, body: { code: 'link_invalid' } }

t.test('the address of an account that an admin makes gets a link, unless the admin vouches for it', async t => {
  const lab = await startLab(t)
  const { call, login, mailbox } = lab
  const { access_token: token } = await login('admin')
  const create = (username: string, more: object) => call('POST', '/v1/users', { token, body: { username, fullname: username, password: PASSWORD, ...more } })
  t.match(await create('vouched', { email: 'vouched@lab.example', verified: true }), { status: 201, body: { verified: true } })
  t.equal((await create('without', {})).status, 201)
  t.match(await create('ada', { email: 'ada@lab.example' }), { status: 201, body: { verified: false } })
  t.equal((await verify(lab, (await mailbox.link('ada@lab.example')).token)).status, 204)
  const { access_token: hers } = await login('ada')
  t.equal((await call('GET', '/v1/users/me', { token: hers })).body.verified, true)
  t.strictSame(mailbox.mails.map(({ to }) => to), ['ada@lab.example'])
})

t.test('a new address gets a link, and the former one word of it', async t => {
  const lab = await startLab(t)
  const { call, login, createUser, mailbox } = lab
  await createUser('ada', { email: 'old@lab.example', verified: true })
  const { access_token: token } = await login('ada')
  const change = (email: string | null) => call('PATCH', '/v1/users/me', { token, body: { email } })
  t.match((await change('new@lab.example')).body, { email: 'new@lab.example', verified: false })
  const word = await mailbox.next('old@lab.example')
  t.match(word.subject, /changed/)
  t.notMatch(word.text, /token=|new@/)
  const link = await mailbox.link('new@lab.example')
  t.equal((await verify(lab, link.token)).status, 204)
  t.match((await call('GET', '/v1/users/me', { token })).body, { email: 'new@lab.example', verified: true })
  t.match(await verify(lab, link.token), gone)

  t.equal((await call('PATCH', '/v1/users/me', { token, body: { fullname: 'Ada', email: 'new@lab.example' } })).body.verified, true)
  await change('newer@lab.example')
  const stale = await mailbox.link('newer@lab.example')
  await change('newest@lab.example')
  t.match(await verify(lab, stale.token), gone, 'a link for an address that is not the account\'s any more')
  const good = await mailbox.link('newest@lab.example')
  await change(null)
  t.match(await verify(lab, good.token), gone)
  await change('newer@lab.example')
  t.match(await verify(lab, stale.token), gone, 'it was used up')
  t.equal((await call('GET', '/v1/users/me', { token })).body.verified, false)
  t.equal((await verify(lab, (await mailbox.link('newer@lab.example')).token)).status, 204)
})

t.test('another address takes a recent sign-in: whoever has it can replace the password', async t => {
  const { call, login, refresh, createUser, clock } = await startLab(t, { SESSION_TIMEOUT: '3600' })
  await createUser('ada', { email: 'ada@lab.example' })
  const pair = await login('ada')
  const change = (token: string, body: object) => call('PATCH', '/v1/users/me', { token, body })
  clock.advance(800)
  t.equal((await change(pair.access_token, { email: 'ada@lab.example.org' })).status, 200)
  clock.advance(110)
  const stale = [pair.access_token, (await refresh(pair.refresh_token)).body.access_token]
  for (const token of stale) {
    for (const email of ['eve@lab.example', null]) {
      const refused = await change(token, { email, fullname: 'Eve' })
      t.match(refused, { status: 403, body: { code: 'fresh_authentication_required' } })
      t.match(refused.headers['www-authenticate'], /max_age=900/)
    }
    t.match(await change(token, { fullname: 'Ada', email: 'ada@lab.example.org' }), { status: 200, body: { fullname: 'Ada' } }, 'what stays as it is does not')
  }
  t.match(await change((await login('ada')).access_token, { email: null }), { status: 200, body: { email: null } })
})

t.test('an address that changes while it is verified does not end up verified', async t => {
  const { app, createUser } = await startLab(t)
  const { id } = await createUser('ada', { email: 'old@lab.example' })
  // The change comes between reading the account and writing to it.
  const redis = Object.create(app.redis, {
    hgetall: {
      value: async (key: string) => {
        const fields = await app.redis.hgetall(key)
        await app.accountStore.update(id, { members: { email: 'new@lab.example' } })
        return fields
      }
    }
  })
  const late = createAccountStore({ redis, names: app.names, sealing: app.sealing, stamp: app.stamp })
  t.equal(await late.confirmEmail(id, app.sealing.emailHash('old@lab.example')), false)
  t.match(await app.accountStore.byId(id), { email: 'new@lab.example', verified: false })
  t.equal(await app.accountStore.confirmEmail(id, app.sealing.emailHash('New@lab.example')), true)
  t.match(await app.accountStore.byId(id), { verified: true })
})

t.test('the link is sent again to who asks for it', async t => {
  const lab = await startLab(t, { VERIFY_LINK_TTL: '7200' })
  const { call, login, createUser, mailbox, clock } = lab
  const ada = await createUser('ada', { email: 'ada@lab.example' })
  await createUser('mute')
  const ask = async (username: string) => call('POST', '/v1/auth/email/verification', { token: (await login(username)).access_token })
  t.match(await ask('ada'), { status: 202, body: '' })
  const first = await mailbox.next('ada@lab.example')
  t.match(first.text, /for 2 hours\./)
  await ask('ada')
  const [late, timely] = [/token=(\S+)/.exec(first.text)![1]!, (await mailbox.link('ada@lab.example')).token]
  t.match(await ask('mute'), { status: 409, body: { code: 'email_missing' } })
  t.match(await call('POST', '/v1/auth/email/verification'), { status: 401 })
  t.match(await call('POST', '/v1/auth/email/verification', { token: (await login('admin', PASSWORD, { scope: 'users' })).access_token }), { status: 403 })

  const answers = await Promise.all(Array.from({ length: 50 }, () => verify(lab, timely)))
  t.strictSame(answers.map(({ status }) => status).sort(), [204, ...Array(49).fill(410)])
  t.equal((await ask('ada')).status, 202, 'who is verified needs no link')
  await createUser('grace', { email: 'grace@lab.example' })
  await ask('grace')
  const { token } = await mailbox.link('grace@lab.example')
  t.equal(mailbox.mails.length, 3)
  clock.advance(7200)
  for (const expired of [late, token]) t.match(await verify(lab, expired), gone)

  const { access_token: admin } = await login('admin')
  await call('PATCH', `/v1/users/${ada.id}`, { token: admin, body: { verified: false } })
  await ask('ada')
  const { token: void1 } = await mailbox.link('ada@lab.example')
  await call('PATCH', `/v1/users/${ada.id}`, { token: admin, body: { active: false } })
  t.match(await verify(lab, void1), gone, 'an account that is not active')
})

t.test('links of other kinds verify nothing', async t => {
  const lab = await startLab(t)
  await lab.createUser('ada', { email: 'ada@lab.example' })
  await lab.call('POST', '/v1/auth/password/forgot', { body: { username: 'ada' } })
  const { token } = await lab.mailbox.link('ada@lab.example')
  for (const bad of [token, token.replace('gcr_', 'gcv_'), 'x']) t.match(await verify(lab, bad), gone)
  for (const body of [{}, { token: 7 }, { token: '' }, { token: 'x', user: 'ada' }]) t.match(await lab.call('POST', '/v1/auth/email/verify', { body }), { status: 400 })
})

t.test('a mailbox is not flooded with links', async t => {
  const { call, login, createUser, mailbox } = await startLab(t, { RATE_LIMIT: 'on' })
  await createUser('ada', { email: 'ada@lab.example' })
  const { access_token: token } = await login('ada')
  for (let i = 0; i < 5; i++) t.equal((await call('POST', '/v1/auth/email/verification', { token })).status, 202)
  const refused = await call('POST', '/v1/auth/email/verification', { token })
  t.match(refused, { status: 429, body: { code: 'too_many_requests' } })
  t.equal((await call('GET', '/v1/users/me', { token })).status, 200)
  for (let i = 0; i < 5; i++) await mailbox.next('ada@lab.example')
})
