import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import { createAccountStore } from '#lib/accounts/store.js'
import { paceOf } from '#lib/limits/pace.js'
import { keyNames } from '#lib/redis/names.js'
import { openRedis } from '#lib/redis/open.js'
import { createSessionStore } from '#lib/sessions/store.js'
import { ownPrefix } from '../../support/app.js'
import { startCluster } from '../../support/redis.js'
import { sealingOn } from '../../support/sealing.js'
import { sessionStoreContract, type Bench } from './store.contract.js'

async function benchOn (t: Test, url: string): Promise<Bench> {
  const { redis } = await openRedis(url, () => {})
  t.teardown(() => { redis.disconnect() })
  return {
    open: async ({ lifetimes, maxSessions = 10, atLimit = 'evict', rotations: most = 0 } = {}) => {
      const names = keyNames(ownPrefix())
      let skew = 0
      const stamp = async () => String(skew)
      const user = randomBytes(9).toString('base64url')
      const sealing = sealingOn(redis, names)
      await createAccountStore({ redis, names, sealing, stamp }).create({
        id: user, username: user.toLowerCase(), fullname: 'Ada', password: 'hash', roles: ['reader'], groups: [], active: true, verified: false, email: null, created: Date.now(), lastLogin: null, unlocked: 0
      })
      const store = createSessionStore({
        redis, names, sealing, maxSessions, atLimit, pace: paceOf(most, 60_000), stamp, recordRotations: false, skew: () => skew, lifetimes: { access: 900_000, refresh: 86_400_000, session: 30 * 86_400_000, ...lifetimes }
      })
      return { store, user, password: 'hash', advance: ms => { skew += ms } }
    }
  }
}

t.test('Redis', async t => {
  sessionStoreContract(t, await benchOn(t, process.env.REDIS_URL!))
})

t.test('Redis Cluster', async t => {
  const cluster = await startCluster()
  t.teardown(() => cluster.remove())
  sessionStoreContract(t, await benchOn(t, cluster.url))
})
