import t from 'tap'
import { PASSWORD } from '../support/app.js'
import { startLab, writeScan, type Lab } from '../support/datasets.js'

const account = (username: string) => ({ username, fullname: 'Eve', password: PASSWORD })

const register = ({ call }: Lab, username: string, more: object = {}) => call('POST', '/v1/auth/register', { body: { ...account(username), ...more } })

const taken = { status: 409, body: { code: 'username_taken' } }

t.test('who registers gets no name that owns or created a scan on the disk', async t => {
  const lab = await startLab(t, { REGISTRATION: 'open' }, async root => {
    await writeScan(root, 'private', { owner: 'marie', visibility: 'private' })
    await writeScan(root, 'cased', { owner: 'Pierre' })
    await writeScan(root, 'made', { created_by: 'irene' })
    await writeScan(root, 'odd', { owner: { name: 'eve' }, created_by: 5 })
  })
  const { send, call, login } = lab
  for (const name of ['marie', 'Marie', 'MARIE', 'pierre', 'irene']) t.match(await register(lab, name), taken, name)
  const { body: { token: invitation } } = await send('POST', '/v1/invitations', { roles: ['admin'] })
  t.match(await register(lab, 'marie', { invitation }), taken, 'nor by an invitation')
  t.equal((await register(lab, 'eve', { invitation })).status, 201, 'which is still good for another name')
  t.equal((await send('POST', '/v1/datasets/refresh')).status, 200)
  t.equal((await register(lab, 'paul')).status, 201)

  await writeScan(lab.root, 'later', { owner: 'pauline' })
  t.equal((await send('POST', '/v1/datasets/refresh')).status, 200)
  t.match(await register(lab, 'pauline'), taken, 'one that another tool has named since')

  t.equal((await send('POST', '/v1/users', account('marie'))).status, 201, 'an admin knows whose name it is')
  t.equal((await send('POST', '/register', account('pierre'))).status, 201)
  t.equal((await call('GET', '/v1/scans/private', { token: (await login('marie')).access_token })).status, 200)
})

t.test('who registers does not get the name of the first admin, who is yet to come', async t => {
  const lab = await startLab(t, { REGISTRATION: 'open' })
  await lab.app.redis.del(lab.app.names.username('admin'))
  for (const name of ['admin', 'Admin']) t.match(await register(lab, name), taken, name)
})
