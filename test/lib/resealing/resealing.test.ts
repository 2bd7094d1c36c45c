import t, { type Test } from 'tap'
import { createResealing } from '#lib/resealing/service.js'
import { createResealUser } from '#lib/resealing/user.js'
import { ownPrefix, start, type Running } from '../../support/app.js'
import { newSecret } from '../../support/pairing.js'

/** Two replicas on which a new secret is in use, and nothing was sealed anew yet; their clocks go together. */
async function changed (t: Test, prepare: (old: Running) => Promise<void>) {
  const shared = { REDIS_PREFIX: ownPrefix(), ISSUER: 'http://lab.example' }
  const [former, secret] = [newSecret(), newSecret()]
  const old = await start(t, { ...shared, JWT_SECRET_KEY: former })
  await prepare(old)
  await old.app.close()
  const replicas: Running[] = []
  for (let n = 0; n < 2; n++) replicas.push(await start(t, { ...shared, JWT_SECRET_KEY: secret, JWT_SECRET_KEY_PREVIOUS: former }))
  const advance = async (seconds: number): Promise<void> => {
    for (const { clock } of replicas) clock.advance(seconds)
    for (const { app } of replicas) await app.keys.tend()
  }
  await advance(301)
  // Their own passes begin when it is time to, and would do what a test does step by step.
  const turnovers = replicas.map(({ app: { keys } }) => {
    const { turnover } = keys
    const own = { ...turnover }
    turnover.turn = async () => undefined
    return own
  })
  return { replicas, turnovers, advance }
}

t.test('a pass that was cut short is gone on with where it was, by one replica at a time', async t => {
  const people = Array.from({ length: 230 }, (_, n) => `person-${String(n).padStart(3, '0')}`)
  const { replicas: [one, other], turnovers, advance } = await changed(t, async ({ app }) => { await app.redis.sadd(app.names.audited, ...people) })
  const sealed: string[][] = [[], []]
  const resealing = ({ app }: Running, by: number, dies: string | undefined) => createResealing({
    redis: app.redis,
    names: app.names,
    turnover: turnovers[by]!,
    resealUser: async user => {
      if (user === dies) throw new Error('died')
      if (user.startsWith('person')) sealed[by]!.push(user)
    }
  })
  await resealing(one!, 0, undefined)()
  t.strictSame(sealed, [[], []], 'not before the last replica has certainly stopped to seal with the former one')
  await advance(301)
  await t.rejects(resealing(one!, 0, 'person-170')(), /died/)
  const { obstacle } = await other!.app.keys.status()
  t.match(obstacle, /^1\d\d of 231 accounts are sealed anew$/)
  await resealing(other!, 1, undefined)()
  t.strictSame(sealed[1], [], 'it is not its turn')
  await advance(31)
  await resealing(other!, 1, undefined)()
  t.equal((await other!.app.keys.status()).obstacle, null)
  t.ok(sealed[1]!.length < 130, `${sealed[1]!.length} were done by the second one`)
  t.strictSame([...new Set(sealed.flat())].sort(), people, 'nobody was left out')
})

t.test('what is written while it is sealed anew is not lost', async t => {
  let ada = ''
  const { replicas: [one], turnovers: [turnover], advance } = await changed(t, async old => {
    ada = (await old.createUser('ada', { email: 'old@lab.example' })).id
    await old.login('ada')
  })
  const { app, login, call } = one!
  await advance(301)
  const { redis, names, sealing } = app
  // In the moment before what was sealed anew is put in place.
  let meanwhile: (() => Promise<void>) | undefined
  const slow = new Proxy(redis, {
    get: (target, name) => {
      const member = Reflect.get(target, name) as unknown
      if (name !== 'guardcell:accounts:seal-email' && name !== 'guardcell:resealing:reseal') return typeof member === 'function' ? (member as () => unknown).bind(target) : member
      return async (...args: unknown[]) => {
        await meanwhile?.()
        meanwhile = undefined
        return await (member as (...args: unknown[]) => Promise<unknown>).apply(target, args)
      }
    }
  })
  meanwhile = async () => { await app.accountStore.update(ada, { members: { email: 'new@lab.example' } }) }
  await createResealUser({ redis: slow, names, sealing })(ada)
  t.equal(meanwhile, undefined)
  const { access_token: token } = await login('ada')
  t.match((await call('GET', '/v1/users/me', { token })).body, { email: 'new@lab.example' })
  t.strictSame((await app.accountStore.byEmail('new@lab.example')).map(({ id }) => id), [ada])
  t.strictSame(await app.accountStore.byEmail('old@lab.example'), [])
  Object.assign(app.keys.turnover, turnover)
  await app.reseal()
  t.strictSame((await app.accountStore.byEmail('new@lab.example')).map(({ id }) => id), [ada])
})
