import { writeFile } from 'node:fs/promises'
import t from 'tap'
import { startLab } from '../support/datasets.js'

const FILES = '/v1/scans/plant/filesets/images/files'
const change = { body: { seen: true } }

t.test('a member of a sharing group writes, until it leaves', async t => {
  const { call, send, join, createFiles } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const token = await join('grace', 'reader')
  t.equal((await send('POST', '/v1/groups', { name: 'lab' })).status, 201)
  t.equal((await send('PUT', '/v1/scans/plant/sharing', { groups: ['lab'], visibility: 'private' })).status, 200)
  t.match(await call('GET', '/v1/scans/plant', { token }), { status: 404, body: { code: 'scan_not_found' } })

  t.equal((await send('PUT', '/v1/groups/lab/members/grace')).status, 204)
  t.equal((await call('GET', '/v1/scans/plant', { token })).status, 200, 'the same token, at once')
  t.equal((await call('PATCH', '/v1/scans/plant/metadata', { token, ...change })).status, 200)
  t.equal((await call('POST', `${FILES}?id=bud`, { token, ...change })).status, 201)
  for (const [method, url, body] of [['DELETE', `${FILES}/bud`], ['DELETE', '/v1/scans/plant'], ['PUT', '/v1/scans/plant/owner', { owner: 'grace' }], ['PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'public' }]] as const) {
    t.match(await call(method, url, { token, ...(body ? { body } : {}) }), { status: 403, body: { code: 'not_permitted' } }, `${method} ${url} is not for members`)
  }

  t.equal((await send('DELETE', '/v1/groups/lab/members/grace')).status, 204)
  t.match(await call('PATCH', '/v1/scans/plant/metadata', { token, ...change }), { status: 404, body: { code: 'scan_not_found' } })
  t.equal((await send('PUT', '/v1/scans/plant/sharing', { groups: ['lab'], visibility: 'shared' })).status, 200)
  t.match(await call('PATCH', '/v1/scans/plant/metadata', { token, ...change }), { status: 403, body: { code: 'not_permitted' } }, 'where it may know of the scan')
})

t.test('a deleted group shares nothing, nor does another one of its name by chance', async t => {
  const { call, send, join, createScan } = await startLab(t)
  const token = await join('grace', 'reader')
  t.equal((await send('POST', '/v1/groups', { name: 'lab' })).status, 201)
  await createScan('plant', { sharing: ['lab'], visibility: 'private' })
  t.equal((await send('PUT', '/v1/groups/lab/members/grace')).status, 204)
  t.equal((await call('GET', '/v1/scans/plant', { token })).status, 200)
  t.equal((await send('DELETE', '/v1/groups/lab')).status, 204)
  t.match(await call('GET', '/v1/scans/plant', { token }), { status: 404, body: { code: 'scan_not_found' } })
  t.equal((await send('POST', '/v1/groups', { name: 'lab' })).status, 201)
  t.match(await call('GET', '/v1/scans/plant', { token }), { status: 404, body: { code: 'scan_not_found' } }, 'its members are none of the old ones')
})

t.test('a change of roles acts at once, on tokens that are out', async t => {
  const { call, send, createUser, login, createFiles } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const ada = await createUser('ada', { roles: ['contributor'] })
  const { access_token: token } = await login('ada')
  const asRoles = async (...roles: string[]) => t.equal((await send('PATCH', `/v1/users/${ada.id}`, { roles })).status, 200)
  t.equal((await call('PATCH', '/v1/scans/plant/metadata', { token, ...change })).status, 200)
  await asRoles('reader')
  t.match(await call('PATCH', '/v1/scans/plant/metadata', { token, ...change }), { status: 403, body: { code: 'not_permitted' } })
  t.match(await call('POST', '/v1/scans', { token, body: { id: 'other' } }), { status: 403, body: { code: 'insufficient_scope' } })
  t.match(await call('DELETE', '/v1/scans/plant', { token }), { status: 403, body: { code: 'not_permitted' } })
  await asRoles('admin')
  t.equal((await call('DELETE', `${FILES}/leaf`, { token })).status, 204, 'what the token was granted is enough')
  t.equal((await send('PATCH', `/v1/users/${ada.id}`, { active: false })).status, 200)
  t.match((await call('GET', '/v1/scans/plant', { token })).status, 401)
})

t.test('an owner hands a scan over, and is then like everybody else', async t => {
  const { call, join } = await startLab(t)
  const [ada, grace] = [await join('ada'), await join('grace')]
  t.equal((await call('POST', '/v1/scans', { token: ada, body: { id: 'plant', visibility: 'private' } })).status, 201)
  t.match(await call('PUT', '/v1/scans/plant/owner', { token: grace, body: { owner: 'grace' } }), { status: 404, body: { code: 'scan_not_found' } })
  t.match(await call('PUT', '/v1/scans/plant/owner', { token: ada, body: { owner: 'nobody' } }), { status: 422, body: { code: 'owner_unknown' } })
  t.match(await call('PUT', '/v1/scans/plant/owner', { token: ada, body: { owner: 'grace' } }), { status: 200, body: { owner: 'grace' } })
  t.match(await call('GET', '/v1/scans/plant', { token: ada }), { status: 404, body: { code: 'scan_not_found' } })
  t.match(await call('PUT', '/v1/scans/plant/owner', { token: ada, body: { owner: 'ada' } }), { status: 404, body: { code: 'scan_not_found' } }, 'and cannot take it back')
  t.match(await call('PUT', '/v1/scans/plant/sharing', { token: grace, body: { groups: [], visibility: 'shared' } }), { status: 200, body: { visibility: 'shared' } })
  t.match(await call('DELETE', '/v1/scans/plant', { token: ada }), { status: 403, body: { code: 'not_permitted' } })
  t.equal((await call('DELETE', '/v1/scans/plant', { token: grace })).status, 204)
})

t.test('owners keep what is theirs as readers', async t => {
  const { call, send, join, createScan } = await startLab(t)
  const token = await join('grace', 'reader')
  await createScan('plant', { visibility: 'private' })
  t.equal((await send('PUT', '/v1/scans/plant/owner', { owner: 'grace' })).status, 200)
  t.equal((await call('PATCH', '/v1/scans/plant/metadata', { token, ...change })).status, 200)
  t.equal((await call('DELETE', '/v1/scans/plant', { token })).status, 204)
})

t.test('a scan without an owner belongs to nobody: contributors write, admins assign and delete', async t => {
  const { call, send, join, createScan, root } = await startLab(t)
  const token = await join('ada')
  for (const [id, metadata] of [['plant', '{}'], ['of-guest', '{"owner":"guest"}']] as const) {
    await createScan(id)
    await writeFile(`${root}/${id}/metadata/metadata.json`, metadata)
    t.equal((await send('POST', '/v1/datasets/refresh')).status, 200)
    const url = `/v1/scans/${id}`
    t.match((await send('GET', url)).body, { owner: null, visibility: 'shared' })
    t.equal((await call('PATCH', `${url}/metadata`, { token, ...change })).status, 200)
    t.match(await call('DELETE', url, { token }), { status: 403, body: { code: 'not_permitted' } })
    t.match(await call('PUT', `${url}/owner`, { token, body: { owner: 'ada' } }), { status: 403, body: { code: 'not_permitted' } })
    t.match(await send('PUT', `${url}/owner`, { owner: 'ada' }), { status: 200, body: { owner: 'ada' } })
    t.equal((await call('DELETE', url, { token })).status, 204)
  }
})

t.test('with CONTRIBUTORS_WRITE=own contributors write only to what is theirs or of their groups', async t => {
  const { call, send, join, createFiles } = await startLab(t, { CONTRIBUTORS_WRITE: 'own' })
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const token = await join('ada')
  for (const visibility of ['shared', 'public']) {
    t.equal((await send('PUT', '/v1/scans/plant/sharing', { groups: [], visibility })).status, 200)
    t.equal((await call('GET', '/v1/scans/plant', { token })).status, 200)
    t.match(await call('PATCH', '/v1/scans/plant/metadata', { token, ...change }), { status: 403, body: { code: 'not_permitted' } }, visibility)
    t.match(await call('POST', `${FILES}?id=bud`, { token, ...change }), { status: 403, body: { code: 'not_permitted' } }, visibility)
  }
  t.equal((await call('POST', '/v1/scans', { token, body: { id: 'mine' } })).status, 201)
  t.equal((await call('PATCH', '/v1/scans/mine/metadata', { token, ...change })).status, 200)
  t.equal((await send('POST', '/v1/groups', { name: 'lab' })).status, 201)
  t.equal((await send('PUT', '/v1/groups/lab/members/ada')).status, 204)
  t.equal((await send('PUT', '/v1/scans/plant/sharing', { groups: ['lab'], visibility: 'shared' })).status, 200)
  t.equal((await call('PATCH', '/v1/scans/plant/metadata', { token, ...change })).status, 200)
})

t.test('sharing tells nobody whether there is a group that they cannot see', async t => {
  const { call, send, join } = await startLab(t)
  const token = await join('ada')
  for (const name of ['own', 'hidden']) t.equal((await send('POST', '/v1/groups', { name })).status, 201)
  t.equal((await send('PUT', '/v1/groups/own/members/ada')).status, 204)
  t.equal((await call('POST', '/v1/scans', { token, body: { id: 'plant' } })).status, 201)
  const { body: { token: machine } } = await call('POST', '/v1/api-tokens', { token, body: { name: 'camera', datasets: { '*': ['create', 'write'] } } })

  const attempts = (group: string): Array<[string, string, string, object]> => [
    ['POST', '/v1/scans', token, { id: 'new', sharing: [group] }],
    ['POST', '/v1/scans', token, { id: 'new', sharing: ['own', group] }],
    ['POST', '/v1/scans', machine, { id: 'new', sharing: [group] }],
    ['PUT', '/v1/scans/plant/sharing', token, { groups: [group], visibility: 'shared' }],
    ['POST', '/scan/new', token, { metadata: { sharing: [group] } }],
    ['POST', '/api/scan', token, { name: 'new', metadata: { sharing: [group] } }]
  ]
  const hidden = attempts('hidden')
  const unknown = attempts('nowhere')
  for (const [i, [method, url, as, body]] of hidden.entries()) {
    const [answer, other] = [await call(method, url, { token: as, body }), await call(method, url, { token: as, body: unknown[i]![3] })]
    t.equal(answer.status, 422, `${method} ${url}`)
    t.strictSame([other.status, { ...other.body, request_id: '' }], [answer.status, { ...answer.body, request_id: '' }], `${method} ${url}`)
  }
  t.equal((await call('GET', '/v1/scans/new', { token })).status, 404)

  t.match(await call('PUT', '/v1/scans/plant/sharing', { token, body: { groups: ['own'], visibility: 'shared' } }), { status: 200, body: { groups: ['own'] } })
  t.match(await send('PUT', '/v1/scans/plant/sharing', { groups: ['own', 'hidden'], visibility: 'shared' }), { status: 200 }, 'admins see all groups')
  t.match(await call('PUT', '/v1/scans/plant/sharing', { token, body: { groups: ['hidden'], visibility: 'private' } }), { status: 200, body: { groups: ['hidden'] } }, 'and what they have shared it with may stay')
})
