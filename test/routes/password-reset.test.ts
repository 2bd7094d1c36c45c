import t from 'tap'
import { PASSWORD, start, type Running } from '../support/app.js'
import { isSlowedDown } from '../support/limits.js'
import { startMailbox, type Mailbox } from '../support/smtp.js'

const NEXT = 'a staple for the battery'
const EMAIL = 'ada@lab.example'

/** A service that sends to a mailbox of the test's, with the account ada. */
async function startLab (t: Parameters<typeof start>[0], env: Record<string, string> = {}) {
  const mailbox = await startMailbox(t)
  const running = await start(t, { MAIL_URL: mailbox.url, PUBLIC_URL: 'https://lab.example/guardcell/', ...env })
  const ada = await running.createUser('ada', { email: EMAIL, verified: true })
  return { ...running, mailbox, ada }
}

const forgot = ({ call }: Running, body: Record<string, unknown>) => call('POST', '/v1/auth/password/forgot', { body })
const reset = ({ call }: Running, token: string, next = NEXT) => call('POST', '/v1/auth/password/reset', { body: { token, new: next } })

async function resetLink (lab: Running & { mailbox: Mailbox }, to = EMAIL): Promise<string> {
  await forgot(lab, { email: to })
  return (await lab.mailbox.link(to)).token
}

const gone = { status: 410, body: { code: 'link_invalid' } }

t.test('a lost password is replaced with the link in the mail', async t => {
  const lab = await startLab(t)
  const { call, login, refresh, mailbox } = lab
  const sessions = [await login('ada'), await login('ada')]
  const other = await login('admin')

  const asked = await forgot(lab, { username: 'Ada' })
  t.match(asked, { status: 202, body: '' })
  t.equal(asked.headers['cache-control'], 'no-store')
  const mail = await mailbox.next(EMAIL)
  t.match(mail.subject, /ada/)
  t.match(mail.text, /once, for 1 hour\./)
  t.match(mail.raw, /^From: guardcell@lab\.example/m)
  const [url = ''] = /https:\S+/.exec(mail.text) ?? []
  t.match(url, /^https:\/\/lab\.example\/guardcell\/link#kind=reset&token=gcr_[A-Za-z0-9_-]{43}$/)
  const token = url.split('token=')[1]!

  t.match(await reset(lab, token, '1234567'), { status: 422, body: { code: 'password_too_short' } }, 'a password that is refused does not cost the link')
  const done = await reset(lab, token)
  t.match(done, { status: 204, body: '' })
  for (const { access_token: access, refresh_token: old } of sessions) {
    t.match(await call('GET', '/v1/users/me', { token: access }), { status: 401, body: { code: 'session_ended' } })
    t.match(await refresh(old), { status: 401, body: { code: 'session_ended' } })
  }
  t.equal((await call('GET', '/v1/users/me', { token: other.access_token })).status, 200, 'nobody else is touched')
  t.match(await call('POST', '/v1/auth/login', { body: { username: 'ada', password: PASSWORD } }), { status: 401 })
  t.ok(await login('ada', NEXT))
  t.match(await reset(lab, token), gone, 'it works once')
})

t.test('a new password forgets failed sign-ins', async t => {
  const lab = await startLab(t, { RATE_LIMIT: 'on' })
  const { call, login } = lab
  const signIn = (password: string) => call('POST', '/v1/auth/login', { body: { username: 'ada', password } })
  const began = performance.now()
  for (let failure = 1; failure <= 5; failure++) await signIn('wrong')
  await isSlowedDown(t, lab, 'too_many_attempts', () => signIn(PASSWORD), { seconds: 1, began })
  t.equal((await reset(lab, await resetLink(lab))).status, 204)
  t.ok(await login('ada', NEXT))
})

t.test('of fifty who use one link at once, one sets the password', async t => {
  const lab = await startLab(t)
  const token = await resetLink(lab)
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => reset(lab, token, `${NEXT} ${i}`)))
  t.equal(answers.filter(({ status }) => status === 204).length, 1)
  t.equal(answers.filter(({ status, body }) => status === 410 && body.code === 'link_invalid').length, 49)
  const winner = answers.findIndex(({ status }) => status === 204)
  t.ok(await lab.login('ada', `${NEXT} ${winner}`))
})

t.test('links that are no good', async t => {
  const lab = await startLab(t, { RESET_LINK_TTL: '1800' })
  const { call, clock, login, mailbox, ada } = lab
  const token = await resetLink(lab)

  t.test('garbage, and links of another kind', async t => {
    for (const bad of ['x', '../../etc', 'gcr_', token.slice(0, -1), `${token}x`, token.replace('gcr_', 'gcv_'), token.toUpperCase(), '{ada}']) t.match(await reset(lab, bad), gone, bad)
    t.match(await call('POST', '/v1/auth/email/verify', { body: { token } }), gone)
    for (const body of [{ token }, { new: NEXT }, { token, new: 5 }, { token: null, new: NEXT }, { token, new: NEXT, user: 'admin' }]) {
      t.match(await call('POST', '/v1/auth/password/reset', { body }), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body))
    }
    t.equal((await reset(lab, token, PASSWORD)).status, 204, 'and none of it has cost the good one')
  })

  t.test('one that has expired', async t => {
    const late = await resetLink(lab)
    clock.advance(1799)
    const intime = await resetLink(lab)
    clock.advance(1)
    t.match(await reset(lab, late), gone)
    t.equal((await reset(lab, intime, PASSWORD)).status, 204)
  })

  t.test('one from before another change of the password', async t => {
    const old = await resetLink(lab)
    const { access_token: own } = await login('ada')
    t.equal((await call('POST', '/v1/auth/password', { token: own, body: { current: PASSWORD, new: `${PASSWORD}!` } })).status, 204)
    t.match(await reset(lab, old), gone)

    const [first, second] = [await resetLink(lab), await resetLink(lab)]
    t.equal((await reset(lab, second, PASSWORD)).status, 204)
    t.match(await reset(lab, first), gone, 'using one ends the others')
  })

  t.test('accounts that are not active get none, and one that they have is void', async t => {
    const { access_token: admin } = await login('admin')
    const before = await resetLink(lab)
    t.equal((await call('PATCH', `/v1/users/${ada.id}`, { token: admin, body: { active: false } })).status, 200)
    t.match(await reset(lab, before), gone)
    const sent = mailbox.mails.length
    for (const body of [{ email: EMAIL }, { username: 'ada' }]) t.equal((await forgot(lab, body)).status, 202)
    await lab.createUser('grace', { email: 'grace@lab.example' })
    await resetLink(lab, 'grace@lab.example')
    t.equal(mailbox.mails.length, sent + 1, 'the line has moved on, and nothing else was sent')
    await call('PATCH', `/v1/users/${ada.id}`, { token: admin, body: { active: true } })
    t.match(await reset(lab, before), gone, 'it does not come back with the account')
  })

  t.test('one of an account that was deleted', async t => {
    const { access_token: admin } = await login('admin')
    const bob = await lab.createUser('bob', { email: 'bob@lab.example' })
    const token = await resetLink(lab, 'bob@lab.example')
    await call('DELETE', `/v1/users/${bob.id}`, { token: admin })
    t.match(await reset(lab, token), gone)
  })
})

t.test('nobody learns who has an account', async t => {
  const lab = await startLab(t)
  await lab.createUser('mute')
  const strip = ({ status, headers, body }: Awaited<ReturnType<typeof forgot>>) => ({ status, body, headers: { ...headers, date: '' } })
  const known = strip(await forgot(lab, { username: 'ada' }))
  for (const body of [{ username: 'nobody' }, { username: 'mute' }, { username: '🌱{}' }, { email: EMAIL }, { email: 'nobody@lab.example' }]) {
    t.strictSame(strip(await forgot(lab, body)), known, JSON.stringify(body))
  }
  for (const body of [{}, { username: 'ada', email: EMAIL }, { email: 'no address' }, { username: '' }, { username: 7 }, { login: 'ada' }]) {
    t.match(await forgot(lab, body), { status: 400, body: { code: 'invalid_request' } }, JSON.stringify(body))
  }
})

t.test('whoever verified an address comes first, whatever others claim', async t => {
  const lab = await startLab(t)
  for (let i = 0; i < 7; i++) await lab.createUser(`a-claim-${i}`, { email: 'ADA@lab.example' })
  await forgot(lab, { email: EMAIL })
  t.match((await lab.mailbox.next(EMAIL)).subject, /ada/)
  for (let i = 0; i < 4; i++) t.match((await lab.mailbox.next('ADA@lab.example')).subject, /a-claim/)
  await forgot(lab, { username: 'ada' })
  await lab.mailbox.next(EMAIL)
  t.equal(lab.mailbox.mails.length, 6, 'five of eight at a time')
})

t.test('a mailbox is not flooded, and an address does not ask for ever', async t => {
  const lab = await startLab(t, { RATE_LIMIT: 'on' })
  for (let i = 0; i < 60; i++) {
    const { status } = await forgot(lab, { username: i % 2 ? 'ada' : 'nobody' })
    if (status !== 202) t.equal(status, 202, `call ${i}`)
  }
  const refused = await forgot(lab, { username: 'ada' })
  t.match(refused, { status: 429, body: { code: 'too_many_requests' } })
  t.ok(Number(refused.headers['retry-after']) > 0)
  await lab.createUser('last', { email: 'last@lab.example' })
  const elsewhere = await lab.app.inject({ method: 'POST', url: '/v1/auth/password/forgot', payload: { username: 'last' }, remoteAddress: '198.51.100.7' })
  t.equal(elsewhere.statusCode, 202)
  await lab.mailbox.next('last@lab.example')
  for (let i = 0; i < 5; i++) await lab.mailbox.next(EMAIL)
  t.equal(lab.mailbox.mails.filter(({ to }) => to === EMAIL).length, 5)

  for (let i = 0; i < 60; i++) await reset(lab, `gcr_${i}`)
  t.match(await reset(lab, 'gcr_x'), { status: 429, body: { code: 'too_many_requests' } }, 'guessing links')
})
