import t from 'tap'
import { freePort, startRedis } from '../support/redis.js'
import { call, login, MAIN, refresh, serve, stateDir } from './process.js'

const PASSWORD = 'correct horse battery'

t.test('what was answered is in the audit log, also when the service is killed right after', async t => {
  const redis = await startRedis('--appendonly', 'yes', '--appendfsync', 'always')
  t.teardown(redis.remove)
  const env = { REDIS_URL: redis.url, STATE_DIR: await stateDir(t), ADMIN_PASSWORD: PASSWORD }
  const start = async () => await serve(t, MAIN, { ...env, PORT: String(await freePort()) })
  let { url, end } = await start()
  const killed = async <T>(act: () => Promise<T>): Promise<T> => {
    const answer = await act()
    await end('SIGKILL')
    await redis.kill()
    await redis.start()
    ;({ url, end } = await start())
    return answer
  }

  const { body: pair } = await killed(() => login(url, PASSWORD))
  t.equal((await killed(() => login(url, 'wrong'))).status, 401)
  const { body: next } = await refresh(url, pair.refresh_token)
  t.equal((await killed(() => refresh(url, pair.refresh_token))).body.code, 'refresh_token_reused')
  t.ok(next.refresh_token)
  const { body: { access_token: token } } = await login(url, PASSWORD)
  const { body: ada } = await killed(() => call(`${url}/v1/users`, { token, body: { username: 'ada', fullname: 'Ada', password: PASSWORD } }))

  const { body: { items } } = await call(`${url}/v1/audit?limit=500`, { token })
  const events = (items as Array<{ action: string, user: string }>).toReversed()
  t.strictSame(events.map(({ action }) => action), ['account_created', 'login', 'login_failed', 'reuse', 'login', 'account_created'])
  t.equal(events.at(-1)?.user, ada.id)
})
