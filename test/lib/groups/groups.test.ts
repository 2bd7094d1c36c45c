import { Redis } from 'ioredis'
import t, { type Test } from 'tap'
import { createAccountStore, type AccountStore } from '#lib/accounts/store.js'
import type { Account } from '#lib/accounts/account.js'
import { createGroups } from '#lib/groups/service.js'
import { createGroupStore, type GroupStore } from '#lib/groups/store.js'
import { keyNames } from '#lib/redis/names.js'
import { openRedis } from '#lib/redis/open.js'
import { ownPrefix } from '../../support/app.js'
import { startCluster } from '../../support/redis.js'
import { sealingOn } from '../../support/sealing.js'

/** Groups on a Redis, with an admin and `ada`; steps of the stores can be watched or cut short. */
async function lab (t: Test, url = process.env.REDIS_URL!) {
  const { redis } = await openRedis(url, () => {})
  t.teardown(() => { redis.disconnect() })
  const names = keyNames(ownPrefix())
  const accounts = createAccountStore({ redis, names, sealing: sealingOn(redis, names), stamp: async () => '0' })
  const store = createGroupStore({ redis, names, stamp: async () => '0' })
  let ids = 0
  const withSteps = (steps: { store?: Partial<GroupStore>, accounts?: Partial<AccountStore> } = {}) => createGroups({
    store: { ...store, ...steps.store }, accounts: { ...accounts, ...steps.accounts }, randomId: () => `term-${++ids}`, now: Date.now, report: () => {}
  })
  const person = (username: string, roles: Account['roles'] = ['reader']): Account => ({
    id: `id-of-${username}`, username, fullname: username, password: 'hash', roles, groups: [], active: true, verified: false, email: null, created: Date.now(), lastLogin: null, unlocked: 0
  })
  const admin = person('admin', ['admin'])
  for (const account of [admin, person('ada')]) await accounts.create(account)
  const groupsOf = async (username: string): Promise<string[]> => (await accounts.byUsername(username))!.groups
  return { redis, names, accounts, store, groups: withSteps(), withSteps, person, admin, groupsOf }
}

const crash = async (): Promise<never> => { throw new Error('crash') }

t.test('of many additions of one account at the same moment all are kept', async t => {
  const { groups, admin, groupsOf } = await lab(t)
  const names = Array.from({ length: 20 }, (_, index) => `group-${index}`)
  await Promise.all(names.map(name => groups.create(admin, { name })))
  await Promise.all(names.map(name => groups.addMember(admin, name, 'ada')))
  t.strictSame((await groupsOf('ada')).sort(), names.sort())

  await Promise.all(names.slice(0, 10).map(name => groups.removeMember(admin, name, 'ada')))
  t.strictSame((await groupsOf('ada')).sort(), names.slice(10))
})

t.test('a group whose name begins like that of another one is another one', async t => {
  const { groups, admin, groupsOf } = await lab(t)
  for (const name of ['roots', 'roots.2', 'r']) {
    await groups.create(admin, { name })
    await groups.addMember(admin, name, 'ada')
  }
  await groups.removeMember(admin, 'roots', 'ada')
  t.strictSame(await groupsOf('ada'), ['roots.2', 'r'])
})

t.test('of many who create one name at the same moment, one does', async t => {
  const { groups, admin } = await lab(t)
  const results = await Promise.allSettled(Array.from({ length: 10 }, () => groups.create(admin, { name: 'roots' })))
  t.equal(results.filter(({ status }) => status === 'fulfilled').length, 1)
  t.ok(results.every(result => result.status === 'fulfilled' || result.reason.code === 'group_exists'))
})

t.test('a group that is created again has no members', async t => {
  const { groups, admin, groupsOf } = await lab(t)
  await groups.create(admin, { name: 'roots' })
  await groups.addMember(admin, 'roots', 'ada')
  await groups.remove(admin, 'roots')
  t.strictSame(await groupsOf('ada'), [])
  t.strictSame((await groups.create(admin, { name: 'roots' })).members, [])
  t.strictSame((await groups.get(admin, 'roots')).members, [])
})

t.test('an addition that is cut short gives no right that the group does not show', async t => {
  const { groups, withSteps, store, admin, groupsOf } = await lab(t)
  await groups.create(admin, { name: 'roots' })
  await t.rejects(withSteps({ accounts: { join: crash } }).addMember(admin, 'roots', 'ada'), { message: 'crash' })
  t.strictSame([await groupsOf('ada'), (await groups.get(admin, 'roots')).members], [[], []], 'before the right')

  let asked = 0
  const term: GroupStore['term'] = async name => ++asked > 1 ? await crash() : await store.term(name)
  await t.rejects(withSteps({ store: { term } }).addMember(admin, 'roots', 'ada'), { message: 'crash' })
  t.strictSame([await groupsOf('ada'), (await groups.get(admin, 'roots')).members], [['roots'], ['ada']], 'after it')
})

t.test('an addition that a deletion overtakes gives nothing', async t => {
  const { groups, withSteps, accounts, admin, groupsOf } = await lab(t)
  for (const again of [false, true]) {
    await groups.create(admin, { name: 'roots' })
    const join: AccountStore['join'] = async (id, group) => {
      await groups.remove(admin, 'roots')
      if (again) await groups.create(admin, { name: 'roots' })
      return await accounts.join(id, group)
    }
    await t.rejects(withSteps({ accounts: { join } }).addMember(admin, 'roots', 'ada'), { code: 'group_not_found' })
    t.strictSame(await groupsOf('ada'), [], again ? 'although the name is taken again' : 'the group is gone')
  }
})

t.test('what an addition left in a deleted group when it was cut short ends with the next group of that name', async t => {
  const { groups, withSteps, accounts, store, admin, groupsOf } = await lab(t)
  await groups.create(admin, { name: 'roots' })
  let asked = 0
  const late = withSteps({
    accounts: { join: async (id, group) => { await groups.remove(admin, 'roots'); return await accounts.join(id, group) } },
    store: { term: async name => ++asked > 1 ? await crash() : await store.term(name) }
  })
  await t.rejects(late.addMember(admin, 'roots', 'ada'), { message: 'crash' })
  t.strictSame(await groupsOf('ada'), ['roots'])
  await groups.create(admin, { name: 'roots' })
  t.strictSame([await groupsOf('ada'), (await groups.get(admin, 'roots')).members], [[], []])
})

t.test('a removal that meets an addition leaves nobody in unseen', async t => {
  const { groups, withSteps, accounts, admin, groupsOf } = await lab(t)
  await groups.create(admin, { name: 'roots' })
  const join: AccountStore['join'] = async (id, group) => {
    await groups.removeMember(admin, 'roots', 'ada')
    return await accounts.join(id, group)
  }
  await withSteps({ accounts: { join } }).addMember(admin, 'roots', 'ada')
  t.strictSame([await groupsOf('ada'), (await groups.get(admin, 'roots')).members], [['roots'], ['ada']])
})

t.test('a deletion that is cut short can be repeated, and lets nobody in', async t => {
  const { groups, withSteps, admin, groupsOf } = await lab(t)
  await groups.create(admin, { name: 'roots' })
  await groups.addMember(admin, 'roots', 'ada')
  await t.rejects(withSteps({ accounts: { leave: crash } }).remove(admin, 'roots'), { message: 'crash' })
  t.strictSame((await groups.get(admin, 'roots')).members, ['ada'], 'it is still seen')
  t.notOk(await groups.exists(['roots']))
  await t.rejects(groups.addMember(admin, 'roots', 'admin'), { code: 'group_not_found' })
  await t.rejects(groups.create(admin, { name: 'roots' }), { code: 'group_exists' })
  await groups.remove(admin, 'roots')
  t.strictSame(await groupsOf('ada'), [])
})

t.test('a creation that is cut short can be deleted', async t => {
  const { groups, withSteps, admin } = await lab(t)
  await t.rejects(withSteps({ store: { open: crash } }).create(admin, { name: 'roots' }), { message: 'crash' })
  await t.rejects(groups.addMember(admin, 'roots', 'ada'), { code: 'group_not_found' })
  await groups.remove(admin, 'roots')
  await groups.create(admin, { name: 'roots' })
  await groups.addMember(admin, 'roots', 'ada')
})

t.test('a deletion in two places at once spares the group that was created after it', async t => {
  const { groups, withSteps, store, admin } = await lab(t)
  await groups.create(admin, { name: 'roots' })
  const slow = withSteps({
    store: {
      remove: async name => {
        await groups.remove(admin, name)
        await groups.create(admin, { name, description: 'the next one' })
        await store.remove(name)
      }
    }
  })
  await slow.remove(admin, 'roots')
  t.match(await groups.get(admin, 'roots'), { description: 'the next one' })
  t.ok(await groups.exists(['roots']))
})

t.test('a group that is deleted while it is being created does not come back', async t => {
  const { groups, withSteps, store, admin } = await lab(t)
  const open: GroupStore['open'] = async (name, term) => {
    await groups.remove(admin, name)
    await store.open(name, term)
  }
  await withSteps({ store: { open } }).create(admin, { name: 'roots' })
  await t.rejects(groups.get(admin, 'roots'), { code: 'group_not_found' })
  t.strictSame(await groups.list(admin, 50, undefined), { items: [], next: null })
  t.notOk(await groups.exists(['roots']))
  await groups.create(admin, { name: 'roots' })
})

t.test('an account that is deleted while it is added is in no group', async t => {
  const { groups, withSteps, accounts, admin } = await lab(t)
  await groups.create(admin, { name: 'roots' })
  const join: AccountStore['join'] = async (id, group) => {
    await accounts.remove(id, 'ada')
    return await accounts.join(id, group)
  }
  await t.rejects(withSteps({ accounts: { join } }).addMember(admin, 'roots', 'ada'), { code: 'user_not_found' })
  t.strictSame((await groups.get(admin, 'roots')).members, [])
})

t.test('groups exist if all of them do', async t => {
  const { groups, admin } = await lab(t)
  for (const name of ['roots', 'leaves']) await groups.create(admin, { name })
  t.strictSame(await Promise.all([['roots', 'leaves'], ['roots'], [], ['roots', 'stems'], ['Roots'], ['']].map(names => groups.exists(names))),
    [true, true, true, false, false, false])
})

t.test('a group is taken over with those of its members who are here', async t => {
  const { groups, admin, groupsOf } = await lab(t)
  const roots = { name: 'roots', description: null, created: Date.UTC(2025, 0, 2), createdBy: 'carl' }
  t.strictSame(await groups.adopt(roots, ['ada', 'carl']), ['carl'])
  t.strictSame(await groups.get(admin, 'roots'), { name: 'roots', description: null, members: ['ada'], created: '2025-01-02T00:00:00.000Z', created_by: 'carl' })
  t.equal(await groups.adopt(roots, ['admin']), null, 'once')
  t.strictSame(await groupsOf('admin'), [])
})

t.test('on a Redis Cluster the keys of all groups lie in one slot', async t => {
  const cluster = await startCluster()
  t.teardown(() => cluster.remove())
  const redis = new Redis(cluster.port)
  t.teardown(() => { redis.disconnect() })
  const { groups, admin, names, groupsOf } = await lab(t, cluster.url)
  await groups.create(admin, { name: 'roots' })
  await groups.addMember(admin, 'roots', 'ada')
  t.strictSame([await groupsOf('ada'), (await groups.list(admin, 50, undefined)).items.map(({ members }) => members)], [['roots'], [['ada']]])
  const keys = await redis.keys(`${names.groups}*`)
  t.equal(keys.length, 4)
  t.equal(new Set(await Promise.all(keys.map(key => redis.cluster('KEYSLOT', key)))).size, 1)
  await groups.remove(admin, 'roots')
  t.strictSame([await groupsOf('ada'), await groups.exists(['roots'])], [[], false])
})
