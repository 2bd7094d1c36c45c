import t from 'tap'
import { start, type Running } from '../support/app.js'

const TOKEN = 'only-the-scraper-knows-this'

const scrapeFrom = async ({ app }: Running, remoteAddress: string, headers: Record<string, string> = {}) => {
  const { statusCode, headers: answered, body } = await app.inject({ url: '/metrics', remoteAddress, headers })
  return { status: statusCode, type: String(answered['content-type']), challenge: answered['www-authenticate'], body }
}

/** The sum of all samples of our own whose line mentions all words. */
const counted = (text: string, ...words: string[]): number => text.split('\n')
  .filter(line => line.startsWith('guardcell_') && words.every(word => line.includes(word)))
  .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)

t.test('a caller on this machine reads what Prometheus reads', async t => {
  const running = await start(t)
  for (const address of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1']) {
    const { status, type, body } = await scrapeFrom(running, address)
    t.equal(status, 200, address)
    t.match(type, /^text\/plain; version=0\.0\.4/)
    const samples = body.split('\n').filter(line => line !== '' && !line.startsWith('#'))
    t.ok(samples.length > 10)
    t.strictSame(samples.filter(line => !/^[a-zA-Z_:][a-zA-Z0-9_:]*(\{.*\})? (-?[0-9.e+-]+|nan|[+-]Inf)$/i.test(line)), [])
  }
})

t.test('what happens to sessions is counted', async t => {
  const running = await start(t)
  const { login, refresh, call } = running
  const read = async (): Promise<string> => (await scrapeFrom(running, '127.0.0.1')).body
  const before = await read()
  const pair = await login('admin')
  await call('POST', '/v1/auth/login', { body: { username: 'admin', password: 'wrong' } })
  await refresh(pair.refresh_token)
  await refresh(pair.refresh_token)
  const after = await read()
  for (const words of [['"login"'], ['"login_failed"'], ['"refresh"'], ['type="reuse"'], ['ended', 'reuse']]) {
    t.equal(counted(after, ...words) - counted(before, ...words), 1, words.join(' '))
  }
  t.notMatch(after, pair.user.id, 'users are not named')
  t.notMatch(after, pair.session_id)
})

t.test('a caller from elsewhere reads nothing, whatever they say of themselves', async t => {
  const running = await start(t)
  const { access_token: token } = await running.login('admin')
  for (const headers of [{}, { authorization: `Bearer ${token}` }, { 'x-forwarded-for': '127.0.0.1' }, { forwarded: 'for=127.0.0.1' }, { 'x-real-ip': '127.0.0.1' }]) {
    for (const address of ['198.51.100.7', '::2']) {
      const { status, body } = await scrapeFrom(running, address, headers)
      t.equal(status, 401, `${address} ${Object.keys(headers).join()}`)
      t.notMatch(body, /process_cpu/)
    }
  }
})

t.test('behind a proxy that is trusted, the caller is who came to the proxy', async t => {
  const running = await start(t, { TRUST_PROXY: '127.0.0.1' })
  t.equal((await scrapeFrom(running, '127.0.0.1', { 'x-forwarded-for': '198.51.100.7' })).status, 401)
  t.equal((await scrapeFrom(running, '127.0.0.1')).status, 200)
})

t.test('with METRICS_TOKEN it takes that token, from everywhere', async t => {
  const running = await start(t, { METRICS_TOKEN: TOKEN })
  for (const address of ['127.0.0.1', '198.51.100.7']) {
    t.equal((await scrapeFrom(running, address, { authorization: `Bearer ${TOKEN}` })).status, 200, address)
    t.equal((await scrapeFrom(running, address, { authorization: `bearer ${TOKEN}` })).status, 200, 'scheme names are case-insensitive')
    for (const authorization of [undefined, `Bearer ${TOKEN}.`, `Bearer ${TOKEN.slice(1)}`, 'Bearer', TOKEN, `Basic ${TOKEN}`]) {
      const refused = await scrapeFrom(running, address, authorization === undefined ? {} : { authorization })
      t.equal(refused.status, 401, `${address} ${authorization}`)
      t.match(refused.challenge, /^Bearer/)
      t.notMatch(refused.body, /process_cpu/)
    }
  }
  t.equal((await running.call('GET', `/metrics?token=${encodeURIComponent(TOKEN)}`)).status, 401, 'never in the URL')
})
