import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { AuditEvent } from '#lib/audit/schema.js'
import { PASSWORD, start } from '../../support/app.js'

t.test('a new account with the role admin is an alarm, however it came to be', async t => {
  const { app, call, login } = await start(t, { REGISTRATION: 'invite' })
  const { access_token: token, user: { id: admin } } = await login('admin')
  const account = (username: string) => ({ username, fullname: username, password: PASSWORD })

  /** The alarms that have been passed on, by account. */
  const alarmed = async (): Promise<Map<string | null, AuditEvent>> => {
    const entries = await app.redis.xrange(app.names.alarms, '-', '+')
    return new Map(entries.map(([, [, body = '']]) => JSON.parse(body) as AuditEvent).map(event => [event.user, event]))
  }
  const raised = async (user: string): Promise<AuditEvent | undefined> => {
    for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(20)) {
      const event = (await alarmed()).get(user)
      if (event) return event
    }
    return undefined
  }

  await t.test('by an admin', async t => {
    const { body: reader } = await call('POST', '/v1/users', { token, body: account('reader') })
    const { body } = await call('POST', '/v1/users', { token, body: { ...account('boss'), roles: ['reader', 'admin'] } })
    t.match(await raised(body.id), { action: 'role_changed', by: admin, result: 'success', details: { from: '', to: 'reader admin' } })
    t.notOk((await alarmed()).has(reader.id), 'another one is none')
  })

  await t.test('by an invitation', async t => {
    const { body: { token: invitation } } = await call('POST', '/v1/invitations', { token, body: { roles: ['admin'] } })
    const { body } = await call('POST', '/v1/auth/register', { body: { ...account('invited'), invitation } })
    t.match(await raised(body.id), { action: 'role_changed', by: null, details: { from: '', to: 'admin' } })
  })

  await t.test('from another database', async t => {
    const adopt = async () => await app.accounts.adopt({ username: 'moved', fullname: 'Moved', hash: '', roles: ['admin'], active: true, created: 0 })
    t.ok(await app.acting.run(() => ({ by: 'operator', session: '', device: null }), adopt))
    const { id } = (await app.accountStore.byUsername('moved'))!
    t.match(await raised(id), { action: 'role_changed', by: 'operator' })
  })

  t.notOk((await alarmed()).has(admin), 'the first admin, whom the service makes, is none')
})
