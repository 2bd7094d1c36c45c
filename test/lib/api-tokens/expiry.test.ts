import t from 'tap'
import { expiryOf } from '#lib/api-tokens/expiry.js'

const now = Date.parse('2026-05-04T10:20:30.400Z')
const at = (wanted: { expires_in?: number, expires_at?: string }): string => new Date(expiryOf(wanted, now)).toISOString()

t.test('an expiry is seconds, a time or a date', async t => {
  t.equal(at({ expires_in: 60 }), '2026-05-04T10:21:30.000Z', 'in whole seconds, never later than asked for')
  t.equal(at({}), '2026-06-03T10:20:30.000Z', '30 days')
  t.equal(at({ expires_at: '2026-05-05T00:00:00Z' }), '2026-05-05T00:00:00.000Z')
  t.equal(at({ expires_at: '2026-05-05T01:30:00.900+02:00' }), '2026-05-04T23:30:00.000Z')
  t.equal(at({ expires_at: '2026-05-05 12:00' }), '2026-05-05T12:00:00.000Z', 'without an offset it is UTC')
  t.equal(at({ expires_at: '2026-05-04' }), '2026-05-05T00:00:00.000Z', 'a date counts to its end')
})

t.test('others are refused', async t => {
  t.throws(() => at({ expires_at: '2026-05-03' }), { code: 'expiry_in_past' })
  t.throws(() => at({ expires_at: '2026-05-04T10:20:30Z' }), { code: 'expiry_in_past' })
  t.throws(() => at({ expires_at: '2096-05-04' }), { code: 'expiry_too_far' })
  t.throws(() => at({ expires_in: 60, expires_at: '2026-05-05' }), { code: 'invalid_request' })
  for (const text of ['', 'tomorrow', '2026-13-01', '2026-02-30T25:00:00Z', '04.05.2027', '1800000000', '2027']) t.throws(() => at({ expires_at: text }), { code: 'invalid_request' }, text)
})
