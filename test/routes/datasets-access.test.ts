import t, { type Test } from 'tap'
import { startLab, type Lab } from '../support/datasets.js'

const FILES = '/v1/scans/plant/filesets/images/files'

/** What a guest can ask of a scan. */
const readings = (scan: string): string[] => {
  const url = `/v1/scans/${scan}`
  const file = `${url}/filesets/images/files/leaf`
  return [url, `${url}/metadata`, `${url}/archive`, `${url}/filesets`, `${url}/filesets/images`, `${url}/filesets/images/metadata`, `${url}/filesets/images/files`, file, `${file}/info`, `${file}/metadata`, `${file}/image?size=orig`]
}

/** A scan of each visibility, with a file in it. */
async function withScans (t: Test, env: Record<string, string> = {}): Promise<Lab> {
  const lab = await startLab(t, env)
  for (const visibility of ['private', 'shared', 'public']) {
    await lab.createFiles(visibility, { 'leaf.txt': 'a leaf' })
    const { status } = await lab.send('PUT', `/v1/scans/${visibility}/sharing`, { groups: [], visibility })
    if (status !== 200) throw new Error(`${status}`)
  }
  return lab
}

/** What of a refusal may not depend on what is there. */
const shape = ({ status, body, headers }: Awaited<ReturnType<Lab['call']>>) =>
  ({ status, body: { ...body, request_id: '' }, type: headers['content-type'], challenge: headers['www-authenticate'] })

for (const [policy, open] of Object.entries({ off: [], public: ['public'], read: ['shared', 'public'] })) {
  t.test(`with GUEST_ACCESS=${policy} guests read ${open.join(' and ') || 'nothing'}`, async t => {
    const { call } = await withScans(t, { GUEST_ACCESS: policy })
    const unknown = await call('GET', '/v1/scans/unknown')
    t.match(unknown, { status: 401, body: { code: 'authentication_required' }, headers: { 'www-authenticate': /^Bearer/ } })
    for (const scan of ['private', 'shared', 'public']) {
      for (const url of readings(scan)) {
        const answer = await call('GET', url)
        if ((open as string[]).includes(scan)) t.equal(answer.status, 200, url)
        else t.strictSame(shape(answer), shape(unknown), `${url} tells a guest no more than a scan that is not there`)
      }
    }
    const list = await call('GET', '/v1/scans')
    if (policy === 'off') t.match(list, { status: 401, body: { code: 'authentication_required' } }, 'without credentials there is nothing at all')
    else t.strictSame(list.body.items.map(({ id }: { id: string }) => id), open.toSorted())
  })
}

t.test('guests never write', async t => {
  const { call } = await withScans(t, { GUEST_ACCESS: 'read' })
  const url = '/v1/scans/public'
  const calls: Array<[method: string, url: string, body?: object]> = [
    ['POST', '/v1/scans', { id: 'other' }], ['DELETE', url], ['PUT', `${url}/owner`, { owner: 'admin' }], ['PUT', `${url}/sharing`, { groups: [], visibility: 'public' }],
    ['PUT', `${url}/metadata`, {}], ['PATCH', `${url}/metadata`, {}], ['POST', `${url}/filesets`, { id: 'other' }], ['DELETE', `${url}/filesets/images`],
    ['POST', `${url}/filesets/images/files?id=x`, {}], ['PUT', `${url}/filesets/images/files/leaf`, {}], ['DELETE', `${url}/filesets/images/files/leaf`], ['POST', '/v1/scans/other/archive', {}]
  ]
  for (const [method, path, body] of calls) t.match(await call(method, path, body ? { body } : {}), { status: 401, body: { code: 'authentication_required' } }, `${method} ${path}`)
})

t.test('who shows credentials that do not count is told so, and is never a guest', async t => {
  const { call, join, admin, clock, login } = await withScans(t, { GUEST_ACCESS: 'read', SESSION_TIMEOUT: '60' })
  const token = await join('ada')
  const urls = ['/v1/scans', ...readings('public')]
  const wrong = { nonsense: 'access_token_invalid', '': '', [`${admin.slice(0, -4)}AAAA`]: 'access_token_invalid', [(await login('admin')).refresh_token]: 'access_token_invalid', 'eyJhbGciOiJub25lIn0.e30.': 'access_token_invalid' }
  for (const [bad, code] of Object.entries(wrong)) {
    for (const url of urls) {
      const { status, body } = await call('GET', url, { headers: { authorization: `Bearer ${bad}` } })
      t.equal(status, 401, url)
      if (code !== '') t.equal(body.code, code)
    }
  }
  for (const authorization of ['Basic YWRhOnNlY3JldA==', 'Bearer', 'nonsense', token, `Token ${token}`]) {
    t.match(await call('GET', '/v1/scans/public', { headers: { authorization } }), { status: 401 }, authorization.slice(0, 20))
  }
  clock.advance(120)
  for (const url of urls) t.match(await call('GET', url, { token }), { status: 401, body: { code: 'access_token_expired' } }, url)
  for (const url of urls) t.equal((await call('GET', url)).status, 200, 'without credentials it is a guest')

  const { access_token: ended, refresh_token: refresh } = await login('ada')
  t.equal((await call('GET', '/v1/scans/public', { token: ended })).status, 200)
  t.equal((await call('POST', '/v1/auth/logout', { body: { refresh_token: refresh } })).status, 204)
  t.match(await call('GET', '/v1/scans/public', { token: ended }), { status: 401, body: { code: 'session_ended' } })
})

t.test('a private scan of somebody else is answered like one that is not there', async t => {
  const { call, join } = await withScans(t, { GUEST_ACCESS: 'public' })
  for (const roles of [['contributor'], ['reader']]) {
    const token = await join(`a-${roles[0]}`, ...roles)
    const unknown = shape(await call('GET', '/v1/scans/unknown', { token }))
    t.match(unknown, { status: 404, body: { code: 'scan_not_found' } })
    for (const url of readings('private')) t.strictSame(shape(await call('GET', url, { token })), unknown, url)
    for (const [method, path, body] of [['DELETE', ''], ['PUT', '/metadata', {}], ['PATCH', '/metadata', {}], ['POST', '/filesets', { id: 'x' }], ['DELETE', '/filesets/images'], ['PUT', '/owner', { owner: 'ada' }], ['PUT', '/sharing', { groups: [], visibility: 'public' }], ['POST', '/filesets/images/files?id=x', {}], ['PUT', '/filesets/images/files/leaf', {}], ['DELETE', '/filesets/images/files/leaf']] as const) {
      t.strictSame(shape(await call(method, `/v1/scans/private${path}`, { token, ...(body ? { body } : {}) })), unknown, `${method} ${path}`)
    }
  }
})

t.test('contributors write to what they see, readers to nothing; to delete is for owners and admins', async t => {
  const { call, join, createFiles } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const [contributor, reader] = [await join('ada'), await join('grace', 'reader')]
  const writes = [['PATCH', '/v1/scans/plant/metadata', {}], ['POST', '/v1/scans/plant/filesets', { id: 'more' }], ['POST', `${FILES}?id=bud`, {}], ['PUT', `${FILES}/leaf`, {}], ['PATCH', `${FILES}/leaf/metadata`, {}]] as const
  for (const [method, url, body] of writes) {
    t.match(await call(method, url, { token: reader, body }), { status: 403, body: { code: 'not_permitted' } }, `${method} ${url}`)
    t.match((await call(method, url, { token: contributor, body })).status, /^20[01]$/, `${method} ${url}`)
  }
  const deletions = [['DELETE', `${FILES}/leaf`], ['DELETE', '/v1/scans/plant/filesets/images'], ['DELETE', '/v1/scans/plant'], ['PUT', '/v1/scans/plant/owner', { owner: 'ada' }], ['PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'public' }]] as const
  for (const [method, url, body] of deletions) {
    for (const token of [contributor, reader]) t.match(await call(method, url, { token, ...(body ? { body } : {}) }), { status: 403, body: { code: 'not_permitted' } }, `${method} ${url}`)
  }
  t.match(await call('POST', '/v1/scans', { token: reader, body: { id: 'other' } }), { status: 403, body: { code: 'insufficient_scope' } })
})
