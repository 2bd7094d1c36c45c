import t from 'tap'
import { startLab, type Lab } from '../support/datasets.js'

interface Page { items: Array<{ id: string }>, next: string | null }

const page = async ({ send }: Lab, query: string): Promise<Page> => {
  const { status, body } = await send('GET', `/v1/scans?${query}`)
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`)
  return body as Page
}

/** The ids of all pages. @param between is done before each page but the first */
async function all (lab: Lab, query: string, between: (pages: number) => Promise<unknown> = async () => {}): Promise<string[]> {
  const found: string[] = []
  let { items, next } = await page(lab, query)
  found.push(...items.map(({ id }) => id))
  for (let pages = 1; next !== null && pages < 100; pages++) {
    await between(pages)
    ;({ items, next } = await page(lab, `${query}&cursor=${encodeURIComponent(next)}`))
    found.push(...items.map(({ id }) => id))
  }
  return found
}

const names = Array.from({ length: 12 }, (_, i) => `scan-${String(i).padStart(2, '0')}`)

t.test('each scan is on one page, also where all are equal in what they are sorted by', async t => {
  const lab = await startLab(t)
  for (const id of names) await lab.createScan(id)
  for (const sort of ['id', '-id', 'bytes', '-bytes', 'created', '-created', 'last_modified', '-last_modified']) {
    for (const limit of [1, 2, 5, 11, 12, 13]) {
      const found = await all(lab, `sort=${sort}&limit=${limit}`)
      t.strictSame(found.toSorted(), names, `${sort} in pages of ${limit}`)
    }
  }
})

t.test('what is there all the time is on the pages once, whatever is added and removed between them', async t => {
  const lab = await startLab(t)
  for (const id of names) await lab.createScan(id)
  for (const sort of ['id', '-id', 'bytes', '-bytes', 'created', '-created']) {
    const added: string[] = []
    const found = await all(lab, `sort=${sort}&limit=2`, async pages => {
      for (const id of [`a-${pages}${sort}`, `scan-${pages}5${sort}`, `z-${pages}${sort}`]) {
        await lab.createScan(id)
        added.push(id)
      }
      if (pages > 1) await lab.send('DELETE', `/v1/scans/${added.shift()}`)
    })
    t.strictSame(found.filter(id => names.includes(id)).toSorted(), names, sort)
    t.equal(new Set(found).size, found.length, 'and none is there twice')
    for (const id of added) t.equal((await lab.send('DELETE', `/v1/scans/${id}`)).status, 204)
  }
})

t.test('pages of a query hold what fits, and are full', async t => {
  const lab = await startLab(t)
  for (const [i, id] of names.entries()) await lab.createScan(id, { metadata: { even: i % 2 === 0 } })
  const query = `query=${encodeURIComponent('{"even":true}')}&limit=2`
  const first = await page(lab, query)
  t.equal(first.items.length, 2)
  t.strictSame(await all(lab, query), names.filter((_, i) => i % 2 === 0))
  t.equal((await page(lab, query.replace('limit=2', 'limit=6'))).next, null, 'the last page knows that it is the last')
})

t.test('a page goes on behind a scan that was deleted meanwhile', async t => {
  const lab = await startLab(t)
  for (const id of names) await lab.createScan(id)
  const first = await page(lab, 'limit=4')
  for (const { id } of first.items) t.equal((await lab.send('DELETE', `/v1/scans/${id}`)).status, 204)
  const second = await page(lab, `limit=500&cursor=${encodeURIComponent(first.next!)}`)
  t.strictSame(second.items.map(({ id }) => id), names.slice(4))
})

t.test('a cursor that no list has answered, or another one, is refused', async t => {
  const lab = await startLab(t)
  for (const id of names.slice(0, 3)) await lab.createScan(id)
  const { next } = await page(lab, 'limit=1&sort=bytes')
  t.type(next, 'string')
  const others = ['id', '-id', '-bytes', 'created', 'last_modified'].map(sort => `sort=${sort}&cursor=${encodeURIComponent(next!)}`)
  const users = (await lab.createUser('ada'), (await lab.send('GET', '/v1/users?limit=1')).body.next as string)
  const forged = ['bytes [0,"../x"]', 'bytes [0]', 'bytes', 'bytes [{},"a"]', 'bytes [null,"a"]', 'bytes [[],"a"]', 'id ["a"],"b"]', 'bytes [0x10,"a"]', 'bytes [-,"a"]', 'bytes ["a","b"]', '__proto__ [0,"a"]', '']
  for (const query of [...others, 'cursor=!!!', 'cursor=x', 'cursor=', 'cursor=%00', `cursor=${'a'.repeat(2000)}`, `cursor=${encodeURIComponent(users)}`, ...forged.map(text => `sort=bytes&cursor=${Buffer.from(text).toString('base64url')}`)]) {
    t.match(await lab.send('GET', `/v1/scans?${query}`), { status: 400, body: { code: 'invalid_request' } }, query.slice(0, 60))
  }
})

t.test('a limit is 1 to 500, and 50 unless something else is said', async t => {
  const lab = await startLab(t)
  await Promise.all(Array.from({ length: 52 }, (_, i) => lab.createScan(`scan-${i}`)))
  t.equal((await page(lab, '')).items.length, 50)
  t.equal((await page(lab, 'limit=500')).items.length, 52)
  t.equal((await page(lab, 'limit=1')).items.length, 1)
  for (const limit of ['0', '501', '-1', '1.5', 'many', '', '1e2x', '2&limit=3']) {
    const refused = await lab.send('GET', `/v1/scans?limit=${limit}`)
    t.match(refused, { status: 400, body: { code: 'invalid_request' } }, limit)
  }
  t.match(await lab.send('GET', '/v1/scans?filterQuery={}'), { status: 400, body: { code: 'invalid_request' } }, 'unknown words')
})

t.test('the list shows only what may be read', async t => {
  const lab = await startLab(t)
  const { join, call, send, createScan } = lab
  const [ada, grace] = [await join('ada'), await join('grace', 'reader')]
  t.equal((await send('POST', '/v1/groups', { name: 'lab' })).status, 201)
  await createScan('of-admin', { visibility: 'private' })
  await createScan('of-group', { visibility: 'private', sharing: ['lab'] })
  await createScan('shared')
  t.equal((await call('POST', '/v1/scans', { token: ada, body: { id: 'of-ada', visibility: 'private' } })).status, 201)
  const seen = async (token: string, query = '') => (await call('GET', `/v1/scans${query}`, { token })).body.items.map(({ id }: { id: string }) => id)
  t.strictSame(await seen(lab.admin), ['of-ada', 'of-admin', 'of-group', 'shared'])
  t.strictSame(await seen(ada), ['of-ada', 'shared'])
  t.strictSame(await seen(grace), ['shared'])
  t.strictSame(await seen(grace, `?query=${encodeURIComponent('{"owner":"ada"}')}`), [], 'nor does a query tell')
  t.equal((await send('PUT', '/v1/groups/lab/members/grace')).status, 204)
  t.strictSame(await seen(grace), ['of-group', 'shared'])
  const { body } = await call('GET', '/v1/scans?limit=1', { token: ada })
  t.strictSame(await seen(ada, `?limit=1&cursor=${encodeURIComponent(body.next)}`), ['shared'], 'pages are full of what may be read')
})
