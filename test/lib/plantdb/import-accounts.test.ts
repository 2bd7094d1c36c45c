import { argon2d, argon2i, argon2id, hash } from 'argon2'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { createPasswords } from '#lib/accounts/passwords.js'
import { importAccounts } from '#lib/plantdb/import-accounts.js'
import { start, type Running } from '../../support/app.js'
import { hashForReal } from '../../support/argon2.js'

/** As PlantDB makes them, but with less memory. */
const weak = { type: argon2id, memoryCost: 8192, timeCost: 2, parallelism: 8 } as const
const HASH = await hash('plant secret', weak)
// A time without a zone is UTC, wherever the service runs.
process.env.TZ = 'Asia/Kolkata'

const NOW = Date.UTC(2026, 3, 1)

const user = (username: unknown, more: Record<string, unknown> = {}) => ({
  username,
  fullname: `${String(username)} of the lab`,
  password_hash: HASH,
  roles: ['reader'],
  created_at: '2025-03-01T10:20:30.123456',
  _extra_permissions: [],
  last_login: null,
  is_active: true,
  failed_attempts: 0,
  last_failed_attempt: null,
  locked_until: null,
  password_last_change: null,
  ...more
})

const group = (users: unknown, more: Record<string, unknown> = {}) =>
  ({ users, description: 'Roots', created_at: '2025-03-02T00:00:00', created_by: 'ada', ...more })

/** A database folder with these two files; a text goes in as it is, and null leaves the file out. */
async function database (t: Test, users: unknown, groups: unknown = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'guardcell-plantdb-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  for (const [file, content] of [['users.json', users], ['groups.json', groups]] as const) {
    if (content !== null) await writeFile(join(folder, file), typeof content === 'string' ? content : JSON.stringify(content))
  }
  return folder
}

const takeOver = async ({ app }: Running, folder: string) =>
  await importAccounts({ folder, accounts: app.accounts, groups: app.groups, passwords: await createPasswords(1), now: () => NOW })

const userNamed = async ({ app }: Running, username: string) =>
  (await app.accounts.list(500, undefined)).items.find(found => found.username === username)

t.test('accounts are taken over with their passwords, whose hashes are renewed at the first login', async t => {
  hashForReal(t)
  const running = await start(t)
  const { app, call, login } = running
  const folder = await database(t, [user('Ada', { roles: ['contributor', 'admin'] }), user('bob', { is_active: false })])
  t.strictSame(await takeOver(running, folder), { accounts: 2, groups: 0, notes: [] })
  const ada = (await userNamed(running, 'ada'))!
  t.match(ada, { fullname: 'Ada of the lab', roles: ['contributor', 'admin'], active: true, verified: false, email: null, created: '2025-03-01T10:20:30.123Z', last_login: null })
  t.match(await userNamed(running, 'bob'), { active: false })
  t.equal((await app.accountStore.byId(ada.id))!.password, HASH)

  const { access_token: token } = await login('ada', 'plant secret')
  t.equal((await call('GET', '/v1/users', { token })).status, 200, 'an admin there is one here')
  t.match((await app.accountStore.byId(ada.id))!.password, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  await login('ada', 'plant secret')
  t.equal((await call('POST', '/v1/auth/login', { body: { username: 'bob', password: 'plant secret' } })).status, 401)
})

t.test('an admin who was taken over counts as one', async t => {
  const running = await start(t)
  await takeOver(running, await database(t, [user('ada', { roles: ['admin'] }), user('bob', { roles: ['admin'], is_active: false })]))
  t.equal(await running.app.redis.scard(running.app.names.admins), 2, 'unless not active')
})

t.test('groups are taken over with those members who have an account here', async t => {
  const running = await start(t)
  const folder = await database(t, [user('Ada'), user('bob')], {
    roots: group(['Ada', 'carl', 'bob', 'no body', 7]),
    leaves: group([], { description: null, created_by: null })
  })
  t.strictSame(await takeOver(running, folder), {
    accounts: 2,
    groups: 2,
    notes: ['group roots: without "no body", that is no user name here', 'group roots: without 7, that is no user name here', 'group roots: without carl, who has no account here']
  })
  const { items } = await running.app.groups.list((await running.app.accountStore.byUsername('admin'))!, 50, undefined)
  t.strictSame(items, [
    { name: 'leaves', description: null, members: [], created: '2025-03-02T00:00:00.000Z', created_by: null },
    { name: 'roots', description: 'Roots', members: ['ada', 'bob'], created: '2025-03-02T00:00:00.000Z', created_by: 'ada' }
  ])
  t.strictSame((await userNamed(running, 'ada'))!.groups, ['roots'])
})

t.test('a second time changes nothing', async t => {
  const running = await start(t)
  const { app } = running
  const folder = await database(t, [user('ada'), user('bob')], { roots: group(['ada', 'bob']) })
  await takeOver(running, folder)
  const admin = (await app.accountStore.byUsername('admin'))!
  await app.groups.removeMember(admin, 'roots', 'bob')
  await app.accounts.update((await userNamed(running, 'ada'))!.id, { fullname: 'Countess' })
  const state = async () => [(await app.accounts.list(500, undefined)).items, (await app.groups.list(admin, 50, undefined)).items]
  const before = await state()
  t.strictSame(await takeOver(running, folder), {
    accounts: 0,
    groups: 0,
    notes: [
      'ada: not taken over, the name belongs to an account here, or did once',
      'bob: not taken over, the name belongs to an account here, or did once',
      'group roots: not taken over, there is a group of that name here'
    ]
  })
  t.strictSame(await state(), before)
})

t.test('an account that is here already stays as it is', async t => {
  const running = await start(t)
  const bob = await running.createUser('bob')
  await running.app.accounts.remove(bob.id)
  const { accounts, notes } = await takeOver(running, await database(t, [user('ADMIN', { roles: ['reader'] }), user('Bob')]))
  t.strictSame([accounts, notes], [0, ['admin', 'bob'].map(name => `${name}: not taken over, the name belongs to an account here, or did once`)])
  await running.login('admin')
})

t.test('an account that would be dangerous or useless here is left where it is', async t => {
  const running = await start(t)
  const byDefault = await hash('admin', weak)
  const [head, ...tail] = HASH.split('m=8192,t=2,p=8')
  const withParameters = (parameters: string) => user('ada', { password_hash: [head, ...tail].join(parameters) })
  const badHash = 'ada: not taken over, its password is no Argon2 hash that can be used here'
  const cases: Array<[entry: unknown, note: string]> = [
    [user('admin', { password_hash: byDefault, roles: ['admin'] }), 'admin: not taken over, its password is the default one of PlantDB, admin'],
    [user('Guest'), 'guest: not taken over, what guests may read is GUEST_ACCESS here'],
    [user('System'), 'system: not taken over, the service uses that word, or one that looks like it, itself'],
    [user('ada lovelace'), '"ada lovelace": not taken over, that is no user name here'],
    // The Kelvin sign becomes a plain k in lower case.
    [user('\u212Aate'), '"?ate": not taken over, that is no user name here'],
    [user('a\n\u001B[2J\u009B'), '"a\\n\\u001b[2J?": not taken over, that is no user name here'],
    [user('x'.repeat(300)), `"${'x'.repeat(79)}: not taken over, that is no user name here`],
    [user(undefined), 'nothing: not taken over, that is no user name here'],
    [null, 'nothing: not taken over, that is no user name here'],
    ['ada', 'nothing: not taken over, that is no user name here'],
    ...[undefined, null, 7, '', 'plain', '$2b$12$abcdefghijklmnopqrstuv', `${HASH}\n`, `${HASH}$`].map(text => [user('ada', { password_hash: text }), badHash] as [unknown, string]),
    ...['m=1048577,t=2,p=8', 'm=8192,t=21,p=8', 'm=8192,t=2,p=65', 'm=8192,t=0,p=8', 'm=8192,t=2,p=0', 'm=63,t=2,p=8', 'm=99999999999,t=2,p=8', 'm=8192,t=-1,p=8', 't=2,m=8192,p=8', 'm=0x20,t=2,p=1', 'm=8192,t=2'].map(parameters => [withParameters(parameters), badHash] as [unknown, string])
  ]
  for (const [entry, note] of cases) {
    t.strictSame(await takeOver(running, await database(t, [entry])), { accounts: 0, groups: 0, notes: [note] })
  }
  t.strictSame((await running.app.accounts.list(500, undefined)).items.map(({ username }) => username), ['admin'])
})

t.test('the largest parameters and the other kinds of Argon2 are taken', async t => {
  const running = await start(t)
  const others = await Promise.all([argon2i, argon2d].map(async type => await hash('plant secret', { ...weak, type })))
  const [head, tail] = HASH.split('m=8192,t=2,p=8')
  const folder = await database(t, [user('largest', { password_hash: `${head}m=1048576,t=20,p=64${tail}` }), ...others.map((text, index) => user(`u${index}`, { password_hash: text }))])
  t.strictSame(await takeOver(running, folder), { accounts: 3, groups: 0, notes: [] })
  for (const name of ['u0', 'u1']) await running.login(name, 'plant secret')
})

t.test('the default password is no reason to leave anybody else', async t => {
  const running = await start(t)
  const folder = await database(t, [user('ada', { password_hash: await hash('admin', weak) })])
  t.strictSame(await takeOver(running, folder), { accounts: 1, groups: 0, notes: [] })
})

t.test('what cannot be taken over of an account is said', async t => {
  const running = await start(t)
  const cases: Array<[more: Record<string, unknown>, notes: string[], account: Record<string, unknown>]> = [
    [{ roles: ['reader', 'boss', 7] }, ['ada: without the role "boss", which is unknown here', 'ada: without the role 7, which is unknown here'], { roles: ['reader'] }],
    [{ roles: ['boss'] }, ['ada: without the role "boss", which is unknown here', 'ada: has no role and may do nothing until it is given one'], { roles: [] }],
    [{ roles: 'admin' }, ['ada: has no role and may do nothing until it is given one'], { roles: [] }],
    [{ _extra_permissions: ['delete'] }, ['ada: without its extra permissions, only roles carry rights here'], { roles: ['reader'] }],
    [{ is_active: 'no' }, ['ada: not active, because is_active is neither true nor false'], { active: false }],
    [{ is_active: undefined }, [], { active: true }],
    ...['yesterday', '2025-13-01T00:00:00', '2025-03-01', 1, undefined].map(text =>
      [{ created_at: text }, ['ada: created now, because created_at cannot be read'], { created: '2026-04-01T00:00:00.000Z' }] as (typeof cases)[0]),
    [{ created_at: '2025-03-01T10:00:00+02:00' }, [], { created: '2025-03-01T08:00:00.000Z' }],
    ...[' ', 'x'.repeat(201), null].map(text => [{ fullname: text }, ['ada: its full name cannot be used, the user name stands in'], { fullname: 'ada' }] as (typeof cases)[0])
  ]
  for (const [index, [more, expected, account]] of cases.entries()) {
    const name = `ada${index}`
    const { accounts, notes } = await takeOver(running, await database(t, [user(name, { fullname: 'Ada', ...more })]))
    t.strictSame([accounts, notes], [1, expected.map(note => note.replace('ada', name))])
    t.match(await userNamed(running, name), account.fullname === 'ada' ? { fullname: name } : account)
  }
})

t.test('of two names that are one here the first counts', async t => {
  const running = await start(t)
  const folder = await database(t, [user('Ada', { fullname: 'The first' }), user('ada', { fullname: 'The second', roles: ['admin'] })])
  t.strictSame(await takeOver(running, folder), { accounts: 1, groups: 0, notes: ['ada: stands twice in users.json, only the first one counts'] })
  t.match(await userNamed(running, 'ada'), { fullname: 'The first', roles: ['reader'] })
})

t.test('a role that is unknown here is not kept for a version that knows it', async t => {
  const running = await start(t)
  await takeOver(running, await database(t, [user('ada', { roles: ['boss', 'reader'] })]))
  const { id } = (await userNamed(running, 'ada'))!
  t.equal(await running.app.redis.hget(`${running.app.names.user(id)}:user`, 'roles'), 'reader')
})

t.test('what cannot be taken over of a group is said', async t => {
  const running = await start(t)
  const folder = await database(t, [], {
    'ro ots': group([]),
    listless: group('ada'),
    nothing: null,
    described: group([], { description: 7 }),
    timeless: group([], { created_at: 'then', created_by: 'no body' })
  })
  t.strictSame(await takeOver(running, folder), {
    accounts: 0,
    groups: 2,
    notes: [
      'group "ro ots": not taken over, that is no name of a group here',
      'group listless: not taken over, its entry has no list of users',
      'group nothing: not taken over, its entry has no list of users',
      'group described: its description cannot be used',
      'group timeless: created now, because created_at cannot be read'
    ]
  })
  const { items } = await running.app.groups.list((await running.app.accountStore.byUsername('admin'))!, 50, undefined)
  t.match(items, [{ name: 'described', description: null }, { name: 'timeless', created: '2026-04-01T00:00:00.000Z', created_by: null }])
})

t.test('a file that cannot be used changes nothing', async t => {
  const running = await start(t)
  const cases: Array<[users: unknown, groups: unknown, message: string]> = [
    [null, {}, 'There is no users.json in the folder.'],
    [[user('ada')], null, 'There is no groups.json in the folder.'],
    ['[{', {}, 'users.json is not valid JSON.'],
    [[user('ada')], '', 'groups.json is not valid JSON.'],
    [{ ada: user('ada') }, {}, 'users.json is not a list of accounts.'],
    [[user('ada')], [group([])], 'groups.json is not an object of groups.'],
    [[user('ada')], 'null', 'groups.json is not an object of groups.']
  ]
  for (const [users, groups, message] of cases) await t.rejects(takeOver(running, await database(t, users, groups)), { message })
  const folder = await database(t, [])
  await t.rejects(takeOver(running, join(folder, 'users.json')), { message: 'users.json cannot be read (ENOTDIR).' })
  t.strictSame((await running.app.accounts.list(500, undefined)).items.map(({ username }) => username), ['admin'])
})
