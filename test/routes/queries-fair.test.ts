import t from 'tap'
import { startLab, writeScan } from '../support/datasets.js'

/** Fewer instructions than are refused, each of which is tried at every character. */
const SLOW = encodeURIComponent(JSON.stringify({ x: '[^b]*?(?:a{1,20}){20}c' }))
const fitting = { x: `${'a'.repeat(20)}c` }

t.test('metadata of one account that take too long are left out of the answers to others, and named', async t => {
  const { call, send } = await startLab(t, { GUEST_ACCESS: 'read', QUERY_TIMEOUT: '3' }, async root => {
    for (let i = 0; i < 3; i++) await writeScan(root, `a-${i}`, { owner: 'eve', visibility: 'public', x: 'a'.repeat(1_000_000) })
    for (const [id, owner] of [['b', 'admin'], ['c', 'ada']]) await writeScan(root, id!, { owner, ...fitting })
    await writeScan(root, 'd', fitting)
  })
  const { status, body } = await send('GET', `/v1/scans?fuzzy=true&query=${SLOW}`)
  t.equal(status, 200)
  t.strictSame(body.items.map(({ id }: { id: string }) => id), ['b', 'c', 'd'])
  t.strictSame(body.left_out, ['eve'])
  const dialect = await call('GET', `/scans?fuzzy=true&filterQuery=${SLOW}`)
  t.strictSame([dialect.status, dialect.body, dialect.headers['x-guardcell-left-out']], [200, ['b', 'c', 'd'], 'eve'])
  t.notOk('left_out' in (await send('GET', '/v1/scans?query={"y":"a"}')).body, 'where the time suffices nobody is named')
})
