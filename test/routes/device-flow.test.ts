import type { Redis } from 'ioredis'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { claimsIn, ownPrefix, PASSWORD, start } from '../support/app.js'
import { startLab } from '../support/datasets.js'
import { begin, form, newSecret, pairDevice, poll, startPairing, withUser, wordOf, type Grant } from '../support/pairing.js'

t.test('a device that follows the RFC gets a token for the data sets that its user picks', async t => {
  const lab = await startLab(t, { PUBLIC_URL: 'https://lab.example/plants/' })
  await lab.createScan('other')
  const { call, approve, look, clock, app, token } = withUser(lab, await lab.join('maker', 'contributor'))
  await app.listen({ host: '127.0.0.1', port: 0 })
  const told: string[] = []
  app.events.on('event', ({ type }) => { told.push(type) })

  let [code, pauses] = ['', 0]
  const { grant, heard } = await pairDevice({
    base: `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`,
    show: async prompt => {
      code = prompt.code
      t.match(code, /^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/)
      t.strictSame([prompt.page, prompt.link], ['https://lab.example/plants/device', `https://lab.example/plants/device#${code}`])
      t.match(await look(code), { status: 200, body: { user_code: code, device_name: 'Camera on bench 3', address: '127.0.0.1', scope: '', datasets: { 'cam_*': ['write', 'create'] } } })
    },
    sleep: async seconds => {
      clock.advance(seconds)
      if (++pauses === 3) t.match(await approve(code.toLowerCase().replace('-', ' '), { expires_in: 86_400 }), { status: 200, body: { name: 'camera 1', status: 'active' } })
    }
  }, { device_name: 'Camera on \u202ebench 3', datasets: 'cam_*/write,create' })

  t.strictSame(heard, ['authorization_pending', 'authorization_pending'])
  const { access_token: secret, expires_in: seconds, ...rest } = grant as Grant
  t.strictSame(rest, { token_type: 'Bearer', scope: 'datasets:create datasets:read datasets:write', datasets: 'cam_*/read,write,create' }, 'RFC 6749 section 5.1, and no refresh token')
  t.ok(seconds > 86_380 && seconds <= 86_400)
  t.match(claimsIn(secret), { type: 'api', username: 'maker', datasets: rest.datasets })
  t.strictSame(told.filter(type => type.startsWith('device') || type === 'api_token_issued'), ['device_requested', 'api_token_issued', 'device_approved'])

  t.equal((await call('POST', '/v1/scans', { token: secret, body: { id: 'cam_1' } })).status, 201)
  t.match(await call('POST', '/v1/scans', { token: secret, body: { id: 'other_1' } }), { status: 403 }, 'nothing beyond the globs')
  t.strictSame((await call('GET', '/v1/scans', { token: secret })).body.items.map(({ id }: { id: string }) => id), ['cam_1'])

  const { body: { items: [listed] } } = await call('GET', '/v1/api-tokens', { token })
  t.match(listed, { name: 'camera 1', status: 'active' })
  t.ok(Date.parse(listed.expires_at) - Date.parse(listed.created) > 86_380_000)
  t.equal((await call('DELETE', `/v1/api-tokens/${listed.id}`, { token })).status, 204)
  t.match(await call('GET', '/v1/scans', { token: secret }), { status: 401, body: { code: 'api_token_revoked' } })
})

t.test('a device that polls too often is told to slow down, and has to', async t => {
  const running = await startPairing(t)
  const { clock, approve } = running
  const { body: { device_code: device, user_code: code, interval } } = await begin(running)
  t.equal(interval, 5)
  const heard: string[] = []
  const after = async (seconds: number): Promise<void> => {
    clock.advance(seconds)
    heard.push(wordOf(await poll(running, device)))
  }
  await after(0)
  await after(2)
  await after(6)
  await after(16)
  await after(11)
  await approve(code)
  await after(10)
  t.strictSame(heard, ['authorization_pending', 'slow_down', 'slow_down', 'authorization_pending', 'slow_down', 'slow_down'], 'each one adds five seconds, also to the next')
  for (let i = 0; i < 20; i++) await after(0)
  await after(30)
  t.equal(heard.at(-1), 'token', 'never more than half a minute, so that nobody lags behind for ever')
})

t.test('what a device is told when its time is up, when it is denied, and when nobody knows it', async t => {
  const running = await startPairing(t, { DEVICE_CODE_TTL: '120' })
  const { approve, deny, look, clock } = running
  const { body: late } = await begin(running)
  t.equal(late.expires_in, 120)
  t.equal(wordOf(await poll(running, late.device_code)), 'authorization_pending')
  clock.advance(90)
  t.equal(wordOf(await poll(running, late.device_code)), 'authorization_pending')
  clock.advance(30)
  for (const word of ['expired_token', 'expired_token']) t.equal(wordOf(await poll(running, late.device_code)), word)
  for (const act of [look, approve, deny]) t.match(await act(late.user_code), { status: 410, body: { code: 'user_code_expired' } })

  const { body: denied } = await begin(running)
  t.equal((await deny(denied.user_code)).status, 204)
  for (const word of ['access_denied', 'access_denied']) t.equal(wordOf(await poll(running, denied.device_code)), word)
  for (const act of [look, approve, deny]) t.match(await act(denied.user_code), { status: 409, body: { code: 'user_code_used' } })
  t.strictSame((await running.call('GET', '/v1/api-tokens?status=all', { token: running.token })).body.items, [], 'a refused approval issues nothing')

  const { body: { device_code: known } } = await begin(running)
  for (const code of ['x', `${known}x`, known.replace(/.$/, known.endsWith('A') ? 'B' : 'A'), `${'A'.repeat(43)}.${'A'.repeat(44)}`, late.user_code]) t.equal(wordOf(await poll(running, code)), 'invalid_grant')
  t.equal(wordOf(await poll(running, known)), 'authorization_pending', 'and nothing of that counts as its poll')
  for (const code of ['BBBB-BBBB', '????', 'BBBB-BBB', 'AEIO-UAEI']) t.match(await look(code), { status: 404, body: { code: 'user_code_unknown' } }, code)
})

t.test('a user code may be typed as people do', async t => {
  const running = await startPairing(t)
  const { body: { user_code: code } } = await begin(running)
  const letters = code.replace('-', '')
  for (const typed of [letters, code.toLowerCase(), ` ${code} `, [...letters].join(' '), `${letters.slice(0, 4)}\u2013${letters.slice(4)}`, `${letters.slice(0, 4)}.${letters.slice(4)}`]) {
    t.match(await running.look(typed), { status: 200, body: { user_code: code, device_name: null } }, typed)
  }
})

t.test('of polls at the same moment one gets the token, and a lost answer can be asked for again for a minute', async t => {
  const running = await startPairing(t)
  const { clock, approve, call, token } = running
  const { body: { device_code: device, user_code: code } } = await begin(running)
  await approve(code)
  const answers = await Promise.all(Array.from({ length: 20 }, () => poll(running, device)))
  t.strictSame(answers.map(wordOf).sort(), [...Array.from({ length: 19 }, () => 'slow_down'), 'token'])
  const first = answers.find(({ status }) => status === 200)!.body

  clock.advance(30)
  const again = await poll(running, device)
  t.equal(again.body.access_token, first.access_token, 'the same bytes')
  const passed = first.expires_in - again.body.expires_in
  t.ok(passed >= 30 && passed < 60, `${passed} s less`)
  clock.advance(20)
  t.equal(wordOf(await poll(running, device)), 'slow_down')
  clock.advance(31)
  t.equal(wordOf(await poll(running, device)), 'invalid_grant')
  t.equal((await call('GET', '/v1/scans', { token: first.access_token })).status, 200)
  t.equal((await call('GET', '/v1/api-tokens?status=all', { token })).body.items.length, 1)
})

t.test('the service may be started anew in between, and nothing that Redis keeps helps a thief', async t => {
  const env = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: newSecret() }
  const first = await startPairing(t, env)
  const { body: { device_code: device, user_code: code } } = await begin(first, { device_name: 'Bench 3' })
  t.equal(wordOf(await poll(first, device)), 'authorization_pending')
  await first.app.close()
  const second = await start(t, env)
  second.clock.advance(5)
  t.equal(wordOf(await poll(second, device)), 'authorization_pending')
  t.equal((await withUser(second, first.token).approve(code)).status, 200)
  await second.app.close()
  const third = await start(t, env)
  third.clock.advance(10)
  const { body: { access_token: secret } } = await poll(third, device)
  t.equal((await third.call('GET', '/v1/scans', { token: secret })).status, 200)

  const redis = third.app.redis as Redis
  const keys = await redis.keys(`${env.REDIS_PREFIX}*`)
  t.equal(keys.filter(key => key.includes('pairing')).length, 1, 'one key for each pairing')
  const kept = [...keys, ...await Promise.all(keys.map(async key => (await redis.dumpBuffer(key)).toString('latin1')))].join('\n')
  for (const [name, text] of Object.entries({ device, 'half of it': device.split('.')[1], code, name: 'Bench 3', letters: code.replace('-', ''), secret, signature: secret.split('.')[2] })) t.notOk(kept.includes(text), name)
  t.ok(kept.includes(device.split('.')[0]), 'the other half is the name of the key')
  t.ok(await redis.pttl(keys.find(key => key.includes('pairing'))!) > 0)
})

t.test('a device that fetches nothing leaves nothing behind', async t => {
  const running = await startPairing(t)
  const { approve, clock, call, token } = running
  const { body: { device_code: device, user_code: code } } = await begin(running)
  const { body: approved } = await approve(code, { expires_in: 365 * 86_400 })
  const list = async (): Promise<any[]> => (await call('GET', '/v1/api-tokens?status=all', { token })).body.items
  t.strictSame(await list(), [approved], 'it is listed while it waits')
  t.ok(Date.parse(approved.expires_at) <= Date.now() + 600_000, 'until the device is expected')
  clock.advance(600)
  t.equal(wordOf(await poll(running, device)), 'expired_token')
  t.match(await list(), [{ id: approved.id, status: 'expired' }])
})

t.test('an approval that is withdrawn, or whose user is gone, gives the device nothing', async t => {
  const running = await startPairing(t)
  const { approve, call, token, app } = running
  const pair = async (): Promise<{ device: string, id: string }> => {
    const { body: { device_code: device, user_code: code } } = await begin(running)
    return { device, id: (await approve(code)).body.id }
  }
  const withdrawn = await pair()
  t.equal((await call('DELETE', `/v1/api-tokens/${withdrawn.id}`, { token })).status, 204)
  t.equal(wordOf(await poll(running, withdrawn.device)), 'access_denied')

  const { device } = await pair()
  const { id } = (await app.accountStore.byUsername('maker'))!
  const admin = (await running.login('admin')).access_token
  t.equal((await call('PATCH', `/v1/users/${id}`, { token: admin, body: { active: false } })).status, 200)
  t.equal(wordOf(await poll(running, device)), 'access_denied')
})

t.test('a device may only wish for what a machine can have, and says so once', async t => {
  const running = await startPairing(t)
  const send = (body: string, headers: Record<string, string> = {}) => running.call('POST', '/oauth/device_authorization', { body, headers })
  for (const body of ['', 'client_id=', 'unknown=1', 'client_id=guardcell&scope=datasets%3Aread+datasets%3Awrite', 'datasets=a/read', 'device_name=x&datasets=']) t.equal((await send(body)).status, 200, body)
  t.equal((await running.call('POST', '/oauth/device_authorization')).status, 200, 'no body at all')
  t.strictSame(wordOf(await send('client_id=stranger')), '401 invalid_client')
  for (const scope of ['users', 'datasets:read profile', 'nothing']) t.equal(wordOf(await send(form({ scope }))), 'invalid_scope', scope)
  for (const body of ['client_id=guardcell&client_id=guardcell', 'unknown=1&unknown=2', 'datasets=a/read&datasets=b/read']) t.equal(wordOf(await send(body)), 'invalid_request', body)
  for (const datasets of ['a', 'a/fly', 'a/', '/read', 'a/read;', 'a/b/read', 'ä/read', '../x/read', `${'x'.repeat(999)}/read`]) t.equal(wordOf(await send(form({ datasets }))), 'invalid_request', datasets)
  t.equal(wordOf(await send(form({ device_name: 'x'.repeat(101) }))), 'invalid_request')
  t.equal(wordOf(await send('{}', { 'content-type': 'application/json' })), '415 invalid_request')

  const { body: { device_code: device } } = await begin(running)
  const grant = form({ grant_type: 'urn:ietf:params:oauth:grant-type:device_code' })
  for (const body of [grant, `${grant}&device_code=`, `${grant}&device_code=${device}&device_code=${device}`, `${grant}&device_code=${device}&x=1&x=2`]) t.equal(wordOf(await running.call('POST', '/oauth/token', { body })), 'invalid_request')
  t.equal(wordOf(await running.call('POST', '/oauth/token', { body: `${grant}&device_code=${device}&client_id=stranger` })), '401 invalid_client')
  t.equal(wordOf(await poll(running, device)), 'authorization_pending')
})

t.test('the other grants answer as before', async t => {
  const { call } = await start(t)
  const { status, body } = await call('POST', '/oauth/token', { body: form({ grant_type: 'password', username: 'admin', password: PASSWORD }) })
  t.equal(status, 200)
  t.strictSame(Object.keys(body).sort(), ['access_token', 'expires_in', 'refresh_expires_in', 'refresh_token', 'scope', 'token_type'])
})
