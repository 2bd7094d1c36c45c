import t from 'tap'
import { start } from '../support/app.js'

t.test('one or more spaces stand between the scheme and the token (RFC 9110 section 11.4)', async t => {
  const { call, login } = await start(t, { BASIC_AUTH: 'on' })
  const { access_token: token } = await login('admin')
  for (const scheme of ['Bearer ', 'Bearer  ', 'bearer     ']) {
    for (const url of ['/v1/users/me', '/scans', '/v1/auth/verify']) t.ok([200, 204].includes((await call('GET', url, { headers: { authorization: scheme + token } })).status), `${scheme}${url}`)
    t.match(await call('GET', '/v1/users/me', { headers: { authorization: `${scheme}x` } }), { status: 401, headers: { 'www-authenticate': /invalid_token/ } }, 'and a bad one is challenged')
    t.match(await call('POST', '/oauth/introspect', { headers: { authorization: scheme + token }, body: `token=${token}` }), { status: 200, body: { active: true } })
  }
  const basic = Buffer.from('admin:correct horse battery').toString('base64')
  t.equal((await call('GET', '/v1/users/me', { headers: { authorization: `Basic  ${basic}` } })).status, 200)
  for (const text of ['Bearer', 'Bearer ', 'Bearer\t', `Bearer a ${token}`, `Bearer\t${token}`, `Bearer,${token}`]) {
    t.match(await call('GET', '/v1/users/me', { headers: { authorization: text } }), { status: 401, headers: { 'www-authenticate': /^Bearer/ } }, text)
  }
})
