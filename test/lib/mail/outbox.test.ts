import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import t from 'tap'
import { loadConfig } from '#lib/config/load.js'
import { createOutbox } from '#lib/mail/outbox.js'
import type { Mail } from '#lib/mail/mailer.js'
import { PASSWORD, start } from '../../support/app.js'
import { linkIn, startMailbox } from '../../support/smtp.js'

const mail = (to: string): Mail => ({ to, subject: 'a word', text: 'a few words' })
const refusal = (responseCode: number) => Object.assign(new Error('no mailbox for ada@lab.example'), { code: 'EENVELOPE', responseCode })

async function until (condition: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 20_000; !condition() && Date.now() < deadline;) await sleep(5)
}

t.test('a mail that is not taken is tried again, and what is refused for good is not', async t => {
  const tried: string[] = []
  const warnings: Array<[object, string]> = []
  const answers: Record<string, Error[]> = { later: [refusal(451), refusal(421)], never: [refusal(550)], down: Array.from({ length: 4 }, () => Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })) }
  const outbox = createOutbox({
    mailer: {
      send: async ({ to }) => {
        tried.push(to)
        const error = answers[to]?.shift()
        if (error) throw error
      }
    },
    pauses: [1, 1, 1],
    patience: 1000,
    warn: (...said) => { warnings.push(said) }
  })
  outbox.post(async () => ['later', 'never', 'down', 'fine'].map(mail))
  await until(() => tried.includes('fine'))
  t.strictSame(tried, ['later', 'later', 'later', 'never', 'down', 'down', 'down', 'down', 'fine'])
  t.match(warnings, [[{ code: 'EENVELOPE', responseCode: 550 }, /could not be sent/], [{ code: 'ECONNREFUSED' }, /could not be sent/]])
  t.notMatch(JSON.stringify(warnings), /@/)

  let asked = 0
  outbox.post(async () => {
    if (++asked < 3) throw new Error('the store is away')
    return [mail('written late')]
  })
  await until(() => tried.includes('written late'))
  t.equal(asked, 3)
  await outbox.close()
})

t.test('the line is bounded, and closing waits for it, but not for ever', async t => {
  const warnings: string[] = []
  let go = (): void => {}
  let sent = 0
  const opened = new Promise<void>(resolve => { go = resolve })
  const parts = { pauses: [60_000], warn: (_: object, message: string) => { warnings.push(message) } }
  const outbox = createOutbox({ ...parts, patience: 20_000, mailer: { send: async () => { await opened; sent++ } } })
  for (let i = 0; i < 600; i++) outbox.post(async () => [mail('ada')])
  t.strictSame([warnings.length, warnings[0]], [100, 'a mail was dropped'])
  const closed = outbox.close()
  go()
  await closed
  t.equal(sent, 500)
  outbox.post(async () => [mail('ada')])
  t.equal(warnings.length, 101)

  const stuck = createOutbox({ ...parts, patience: 10, mailer: { send: () => new Promise(() => {}) } })
  stuck.post(async () => [mail('ada')])
  await stuck.close()
  const waiting = createOutbox({ ...parts, patience: 60_000, mailer: { send: async () => { throw refusal(451) } } })
  waiting.post(async () => [mail('ada')])
  await sleep(10)
  await waiting.close()
  t.match(warnings.at(-1), /could not be sent/, 'a mail that waits for its next attempt is given up')
})

t.test('a mail server that is away or says no does not change an answer', async t => {
  let refused = 0
  const mailbox = await startMailbox(t, { onRcptTo: (_address, _session, done) => { done(refused++ === 0 ? Object.assign(new Error('later'), { responseCode: 451 }) : null) } })
  const { call, createUser, app } = await start(t, { MAIL_URL: mailbox.url, MAIL_FROM: 'The lab <lab@lab.example>' })
  await createUser('ada', { email: 'ada@lab.example' })
  t.equal((await call('POST', '/v1/auth/password/forgot', { body: { username: 'ada' } })).status, 202)
  const received = await mailbox.next('ada@lab.example')
  t.equal(refused, 2)
  t.match(received.raw, /^From: The lab <lab@lab\.example>/m)
  t.match(received.raw, /^Auto-Submitted: auto-generated/m)
  await app.close()

  const away = await start(t, { MAIL_URL: 'smtp://127.0.0.1:1' })
  await away.createUser('ada', { email: 'ada@lab.example' })
  for (const username of ['ada', 'nobody']) t.match(await away.call('POST', '/v1/auth/password/forgot', { body: { username } }), { status: 202, body: '' })
  await away.app.close()
})

t.test('without a mail server each mail becomes a file of the operator', async t => {
  const lines: unknown[] = []
  const { app, call, createUser } = await start(t, {}, app => { app.log.info = (...said: unknown[]) => { lines.push(said) } })
  await createUser('ada', { email: 'ada@lab.example' })
  await call('POST', '/v1/auth/password/forgot', { body: { email: 'ADA@lab.example' } })
  await until(() => JSON.stringify(lines).includes('a mail was written'))
  const [{ file } = { file: '' }] = lines.find(line => JSON.stringify(line).includes('a mail was written')) as Array<{ file: string }>
  t.match(file, /\/mail\/\d{4}-\d\d-\d\dT[\d-]+\.\d+Z-[0-9a-f]{6}\.txt$/)
  const text = await readFile(file, 'utf8')
  t.match(text, /^From: guardcell@localhost\nTo: ada@lab\.example\nDate: .*Z\nSubject: A new password for ada\n\n/)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  t.equal((await stat(join(file, '..'))).mode & 0o777, 0o700)
  t.notMatch(JSON.stringify(lines), /gcr_|lab\.example/, 'the log has neither the token nor the address')
  t.equal((await call('POST', '/v1/auth/password/reset', { body: { token: linkIn(text).token, new: 'a staple for the battery' } })).status, 204)
  await app.close()
})

t.test('in production without a mail server nothing is sent, and the log says so at the start', async t => {
  const warnings: string[] = []
  const stateDir = t.testdir()
  const env = { NODE_ENV: 'production', REGISTRATION: 'open', STATE_DIR: stateDir }
  const { call, createUser, app } = await start(t, env, app => { app.log.warn = (...said: unknown[]) => { warnings.push(JSON.stringify(said)) } })
  await createUser('ada', { email: 'ada@lab.example' })
  t.equal((await call('POST', '/v1/auth/password/forgot', { body: { username: 'ada' } })).status, 202)
  await app.close()
  t.notOk((await readdir(stateDir)).includes('mail'))
  t.strictSame(warnings.filter(warning => warning.includes('MAIL_URL')).length, 1)
})

t.test('what is kept of links is no secret and nothing personal', async t => {
  const mailbox = await startMailbox(t)
  const said: string[] = []
  const { app, call, login, createUser } = await start(t, { MAIL_URL: mailbox.url, REGISTRATION: 'invite' }, app => {
    for (const level of ['debug', 'info', 'warn', 'error'] as const) app.log[level] = (...words: unknown[]) => { said.push(JSON.stringify(words)) }
    app.events.on('event', event => { said.push(JSON.stringify(event)) })
  })
  await createUser('ada', { email: 'ada@lab.example' })
  const { access_token: token } = await login('ada')
  await call('POST', '/v1/auth/password/forgot', { body: { username: 'ada' } })
  await call('POST', '/v1/auth/email/verification', { token })
  await call('POST', '/v1/invitations', { token: (await login('admin')).access_token, body: { email: 'ada@lab.example' } })
  const links = [await mailbox.link('ada@lab.example'), await mailbox.link('ada@lab.example'), await mailbox.link('ada@lab.example')]
  t.strictSame(links.map(({ kind }) => kind).sort(), ['invitation', 'reset', 'verify'])

  const redis = app.redis as Redis
  const keys = await redis.keys(app.names.link('*', '*'))
  t.equal(keys.length, 3)
  const kept = await Promise.all(keys.map(async key => `${key} ${await redis.get(key)}`))
  for (const key of keys) t.ok(await redis.pttl(key) > 0, 'each lapses by itself')
  const { password } = (await app.accountStore.byUsername('ada'))!
  for (const secret of [...links.map(({ token }) => token), ...links.map(({ token }) => token.slice(4)), password, password.slice(-20), 'lab.example', PASSWORD]) {
    t.notOk(kept.join('\n').includes(secret), 'Redis')
    t.notOk(said.join('\n').includes(secret), 'log and events')
  }
  t.match(said.join('\n'), /password_reset_requested[^]*invitation_created/)
  await call('POST', '/v1/auth/password/reset', { body: { token: 'gcr_guess', new: PASSWORD } })
  t.match(said.join('\n'), /"link_refused"/)
  t.notMatch(said.join('\n'), /gcr_guess/)
})

t.test('what is no mail server, sender or address of the service is said at the start', async t => {
  for (const [name, value] of [['MAIL_URL', 'http://lab.example'], ['MAIL_URL', 'lab.example:25'], ['MAIL_FROM', 'nobody'], ['PUBLIC_URL', 'ftp://lab.example'], ['PUBLIC_URL', 'https://lab.example/#x'], ['LINK_PAGE_URL', 'lab'], ['REGISTRATION', 'on'], ['RESET_LINK_TTL', '0']] as const) {
    t.throws(() => loadConfig({ [name]: value }), new RegExp(`\\b${name} `), `${name}=${value}`)
  }
})
