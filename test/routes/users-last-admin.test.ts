import t from 'tap'
import { start, type Running } from '../support/app.js'

/** A service and somebody who may manage its accounts. */
async function asAdmin (...args: Parameters<typeof start>) {
  const running = await start(...args)
  const admin = await running.login('admin')
  const manage = (method: string, url: string, body?: unknown) => running.call(method, url, { token: admin.access_token, ...(body === undefined ? {} : { body }) })
  return { ...running, admin, manage }
}

type Manage = Awaited<ReturnType<typeof asAdmin>>['manage']

const activeAdmins = async (manage: Manage): Promise<string[]> =>
  (await manage('GET', '/v1/users?limit=500')).body.items
    .filter(({ active, roles }: { active: boolean, roles: string[] }) => active && roles.includes('admin'))
    .map(({ username }: { username: string }) => username)

t.test('the last active admin stays one', async t => {
  const { manage, createUser, admin } = await asAdmin(t)
  const retired = await createUser('retired', { roles: ['admin'] })
  t.equal((await manage('PATCH', `/v1/users/${retired.id}`, { active: false })).status, 200)
  const url = `/v1/users/${admin.user.id}`
  for (const [method, body] of [['PATCH', { active: false }], ['PATCH', { roles: ['contributor'] }], ['PATCH', { roles: [] }], ['DELETE', undefined]] as const) {
    t.match(await manage(method, url, body), { status: 409, body: { code: 'last_admin' } }, `${method} ${JSON.stringify(body)}`)
  }
  t.strictSame(await activeAdmins(manage), ['admin'])
  t.equal((await manage('PATCH', url, { fullname: 'Boss', roles: ['admin', 'reader'] })).status, 200, 'what leaves them an admin is allowed')
  t.equal((await manage('PATCH', `/v1/users/${retired.id}`, { active: true })).status, 200)
  t.equal((await manage('PATCH', url, { roles: ['reader'] })).status, 200, 'with another one they may step down')
})

const farewells: Record<string, (manage: Running['call'], token: string, id: string) => Promise<{ status: number }>> = {
  demoted: (call, token, id) => call('PATCH', `/v1/users/${id}`, { token, body: { roles: ['reader'] } }),
  deactivated: (call, token, id) => call('PATCH', `/v1/users/${id}`, { token, body: { active: false } }),
  deleted: (call, token, id) => call('DELETE', `/v1/users/${id}`, { token })
}

for (const [one, first] of Object.entries(farewells)) {
  for (const [two, second] of Object.entries(farewells)) {
    t.test(`of the last two admins, one being ${one} and one ${two} at the same moment, one is left`, async t => {
      const { call, login, createUser, admin } = await asAdmin(t)
      const ada = await createUser('ada', { roles: ['admin'] })
      const { access_token: token } = await login('ada')
      const answers = await Promise.all([first(call, token, admin.user.id), second(call, admin.access_token, ada.id)])
      const done = answers.filter(({ status }) => status === 200 || status === 204)
      t.equal(done.length, 1, `exactly one happens: ${answers.map(({ status }) => status).join(', ')}`)
      const left = answers[0].status < 300 ? token : admin.access_token
      t.equal((await call('GET', '/v1/users', { token: left })).status, 200, 'and who is left administers')
    })
  }
}
