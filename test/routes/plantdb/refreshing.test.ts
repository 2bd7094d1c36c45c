import t from 'tap'
import { startLab } from '../../support/datasets.js'

t.test('guests who have the folder read again keep no user from it, nor guests elsewhere', async t => {
  const { app, call, send, createScan, join } = await startLab(t, { RATE_LIMIT: 'on', GUEST_ACCESS: 'public', TRUST_PROXY: '127.0.0.1' })
  await createScan('plant', { visibility: 'public' })
  const { datasets } = app
  const read = datasets.refresh
  let readings = 0
  datasets.refresh = async () => {
    readings++
    return await read()
  }
  const guest = (address: string) => call('GET', '/refresh', { headers: { 'x-forwarded-for': address } })

  const many = await Promise.all(Array.from({ length: 40 }, (_, i) => guest(`192.0.2.${i}`)))
  t.ok(many.every(({ status }) => status === 200))
  t.ok(readings <= 3, `${readings} readings for 40 guests`)

  const statuses: number[] = []
  while (statuses.at(-1) !== 429 && statuses.length < 10) statuses.push((await guest('192.0.2.0')).status)
  t.ok(statuses.length >= 5, 'each address has its own six a minute')
  t.equal(statuses.at(-1), 429)
  const before = readings
  t.match(await guest('192.0.2.0'), { status: 429, body: { code: 'too_many_requests' } })
  t.equal(readings, before, 'who is refused has nothing read')
  t.equal((await guest('192.0.2.99')).status, 200)
  for (let i = 0; i < 4; i++) t.equal((await send('GET', '/refresh')).status, 200, 'admin')
  const token = await join('eve', 'reader')
  const together = await Promise.all([...Array.from({ length: 10 }, () => guest('192.0.2.0')), call('GET', '/refresh', { token }), send('GET', '/refresh')])
  t.strictSame(together.slice(10).map(({ status }) => status), [200, 200], 'a guest who is refused takes nobody along')
  t.ok(together.slice(0, 10).every(({ status }) => status === 429))
})

t.test('of one scan each caller has a number of readings of their own', async t => {
  const { call, send, createScan } = await startLab(t, { RATE_LIMIT: 'on', GUEST_ACCESS: 'public' })
  await createScan('plant', { visibility: 'public' })
  const answers = await Promise.all(Array.from({ length: 61 }, () => call('GET', '/refresh?scan_id=plant')))
  t.equal(answers.filter(({ status }) => status === 429).length, 1)
  t.equal((await send('GET', '/refresh?scan_id=plant')).status, 200)
})

t.test('after a reading guests wait for the next one, and users do not', async t => {
  const { app, call, send, createScan } = await startLab(t, { GUEST_ACCESS: 'public' })
  await createScan('plant', { visibility: 'public' })
  const read = app.datasets.refresh
  const begun: string[] = []
  let who = ''
  app.datasets.refresh = async () => {
    begun.push(who)
    await new Promise(resolve => setTimeout(resolve, 500))
    return await read()
  }
  await call('GET', '/refresh')
  who = 'guest'
  const guest = call('GET', '/refresh')
  await new Promise(resolve => setTimeout(resolve, 200))
  who = 'user'
  await send('GET', '/refresh')
  await guest
  t.equal(begun[1], 'user')
})
