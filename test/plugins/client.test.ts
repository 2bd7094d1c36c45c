import t from 'tap'
import { PASSWORD, start } from '../support/app.js'

t.test('sessions and audit events have the address that limits count, without port or garbage', async t => {
  const { app, call } = await start(t, { TRUST_PROXY: '127.0.0.1' })
  for (const [said, address] of [
    ['203.0.113.9:4711', '203.0.113.9'], ['[2001:db8::1]:4711', '2001:db8::1'], ['[2001:db8::1]', '2001:db8::1'], ['2001:db8::1', '2001:db8::1'],
    ['garbage', 'unknown'], ['<script>', 'unknown'], ['999.1.1.1', 'unknown'], ['_hidden', 'unknown'], ['127.0.0.1, 203.0.113.9:1', '203.0.113.9']
  ] as const) {
    const headers = { 'x-forwarded-for': said }
    const { body: { access_token: token, session_id: id } } = await call('POST', '/v1/auth/login', { headers, body: { username: 'admin', password: PASSWORD } })
    const { body: { items } } = await call('GET', '/v1/sessions', { token })
    t.equal(items.find((session: { id: string }) => session.id === id).device.ip, address, said)
    await app.accounts.authenticate('nobody', 'x', '').catch(() => {})
    const { body: events } = await call('GET', '/v1/audit?limit=500', { token })
    t.equal(events.items.find((event: { session: string, action: string }) => event.session === id).device.ip, address, said)
    await call('POST', '/v1/auth/logout', { token })
  }
})
