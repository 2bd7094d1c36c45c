import t from 'tap'
import { PASSWORD } from '../support/app.js'
import { startLab, type Lab } from '../support/datasets.js'

const account = (username: string) => ({ username, fullname: 'Eve', password: PASSWORD })

const register = ({ call }: Lab, username: string, more: object = {}) => call('POST', '/v1/auth/register', { body: { ...account(username), ...more } })

const reserved = { status: 422, body: { code: 'username_reserved' } }

t.test('nobody gets a name by which the service calls itself or nobody, nor one that looks like it', async t => {
  const lab = await startLab(t, { REGISTRATION: 'open' })
  const { send } = lab
  for (const name of ['guest', 'GUEST', 'Guest', 'system', 'operator', 'anonymous', 'nobody', 'guardcell', 'g-uest', 'guest.', 'gue5t', '0perator', 'SYSTERN', 'an0nymous', 'guard_cell']) {
    t.match(await register(lab, name), reserved, name)
    t.match(await send('POST', '/v1/users', account(name)), reserved, `${name}, by an admin`)
    t.match(await send('POST', '/register', account(name)), { status: 422 }, `${name}, by PlantDB's call`)
  }
  // Other letters are none of a user name: full width, Cyrillic e, script g, dotless i, long s.
  for (const name of ['ｇｕｅｓｔ', 'guеst', 'ɡuest', 'anonymouſ', 'gue\u0301st', 'guest\u200b']) t.match(await register(lab, name), { status: 400 }, name)
  const { body: { token: invitation } } = await send('POST', '/v1/invitations', {})
  t.match(await register(lab, 'guest', { invitation }), reserved)
  for (const name of ['guest1', 'guests', 'visitor', 'systems', 'ann', 'operators']) t.equal((await register(lab, name)).status, 201, name)
})
