import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { PASSWORD, start } from '../../support/app.js'
import { begin, poll, withUser, wordOf } from '../../support/pairing.js'
import { startCluster } from '../../support/redis.js'
import { startMailbox } from '../../support/smtp.js'
import { distinct, startReceiver } from '../../support/webhook.js'

// The scripts of sessions and groups have tests of their own on a cluster.
t.test('what is not of one account works on a Redis Cluster', async t => {
  const cluster = await startCluster()
  t.teardown(() => cluster.remove())
  const [mailbox, { url, taken }] = [await startMailbox(t), await startReceiver(t)]
  const running = await start(t, {
    REDIS_URL: cluster.url, RATE_LIMIT: 'on', LOGIN_LIMIT: '12', REGISTRATION: 'open', MAIL_URL: mailbox.url, AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: 'a secret of the receiver', AUDIT_WEBHOOK_TIMEOUT: '1'
  })
  const { app, call, login, refresh, clock } = running
  const { access_token: token } = await login('admin')
  const { approve, deny, look } = withUser(running, token)

  await t.test('pairing', async t => {
    const { body: { device_code: device, user_code: code } } = await begin(running)
    t.equal((await look(code)).status, 200)
    t.equal(wordOf(await poll(running, device)), 'authorization_pending')
    t.equal(wordOf(await poll(running, device)), 'slow_down')
    t.equal((await approve(code)).status, 200)
    clock.advance(60)
    t.equal(wordOf(await poll(running, device)), 'token')
    const { body: { device_code: other, user_code: denied } } = await begin(running)
    t.equal((await deny(denied)).status, 204)
    t.equal(wordOf(await poll(running, other)), 'access_denied')
  })

  await t.test('links', async t => {
    const { body: { token: invitation } } = await call('POST', '/v1/invitations', { token, body: { roles: ['admin'] } })
    const account = { username: 'ada', fullname: 'Ada', password: PASSWORD, email: 'ada@lab.example' }
    t.equal((await call('POST', '/v1/auth/register', { body: { ...account, invitation } })).status, 201)
    t.equal((await call('POST', '/v1/auth/email/verify', { body: { token: (await mailbox.link(account.email)).token } })).status, 204)
    await call('POST', '/v1/auth/password/forgot', { body: { email: account.email } })
    t.equal((await call('POST', '/v1/auth/password/reset', { body: { token: (await mailbox.link(account.email)).token, new: PASSWORD } })).status, 204)
  })

  await t.test('the audit log, as one list of all accounts, page by page', async t => {
    const found: string[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const { status, body }: { status: number, body: any } = await call('GET', `/v1/audit?limit=3${cursor && `&cursor=${cursor}`}`, { token })
      if (status !== 200) throw new Error(JSON.stringify(body))
      found.push(...body.items.map(({ action }: { action: string }) => action))
      cursor = body.next
    }
    for (const action of ['login', 'device_approved', 'device_denied', 'invitation_created', 'registered', 'role_changed', 'email_verified', 'password_reset_requested', 'password_changed']) {
      t.ok(found.includes(action), action)
    }
  })

  await t.test('the webhook', async t => {
    const { refresh_token: spent } = await login('ada')
    for (let n = 0; n < 2; n++) await refresh(spent)
    const actions = () => distinct(taken).map(({ body }) => JSON.parse(body).action as string)
    for (const deadline = Date.now() + 30_000; !actions().includes('reuse') && Date.now() < deadline;) await sleep(20)
    t.strictSame(actions().sort(), ['reuse', 'role_changed'])
    const pending = async () => (await app.redis.xpending(app.names.alarms, 'webhook') as [number])[0]
    for (const deadline = Date.now() + 30_000; await pending() > 0 && Date.now() < deadline;) await sleep(20)
    t.equal(await pending(), 0)
  })

  await t.test('limits', async t => {
    const statuses: number[] = []
    for (let n = 0; n < 12; n++) statuses.push((await call('POST', '/v1/auth/login', { body: { username: `nobody-${n}`, password: 'wrong' } })).status)
    t.ok(statuses.includes(401), 'some are let through')
    t.equal(statuses.at(-1), 429, 'and not more than that')
  })
})
