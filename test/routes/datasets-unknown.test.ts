import t from 'tap'
import { everythingOfUsers, filePart, multipart, startLab } from '../support/datasets.js'

const json = { 'content-type': 'application/json' }
const valid = { scan: 'plant', fileset: 'images', file: 'leaf' }
const codes = { scan: 'scan_not_found', fileset: 'fileset_not_found', file: 'file_not_found' }
type Member = keyof typeof valid

const bodyOf = (method: string, url: string): { body?: Buffer, headers?: Record<string, string> } => {
  if (!['POST', 'PUT', 'PATCH'].includes(method)) return {}
  if (url.endsWith('/files') || url.endsWith('/files/:file')) return multipart(filePart('bud.txt', 'a bud'))
  const text = url.endsWith('/owner') ? '{"owner":"admin"}' : url.endsWith('/sharing') ? '{"groups":[],"visibility":"shared"}' : '{"id":"bud"}'
  return { body: Buffer.from(text), headers: json }
}

for (const member of Object.keys(valid) as Member[]) {
  t.test(`a ${member} that is not there answers 404 whatever is wanted of it`, async t => {
    const lab = await startLab(t)
    await lab.createFiles('plant', { 'leaf.txt': 'a leaf' })
    const before = await everythingOfUsers(lab.root)
    const routes = lab.app.routeRules().filter(({ url }) => url.startsWith('/v1/scans/') && new RegExp(`:${member}\\b`).test(url))
    let asked = 0
    for (const { method, url } of routes) {
      if (method === 'OPTIONS' || (method === 'POST' && url.endsWith('/archive'))) continue
      const path = url.replace(/:(scan|fileset|file)\b/g, (_all, key: Member) => key === member ? 'unknown' : valid[key])
      const { body, headers } = bodyOf(method, url)
      const answer = await lab.send(method, path, body, headers)
      t.equal(answer.status, 404, `${method} ${url}`)
      if (method !== 'HEAD') t.equal(answer.body.code, codes[member], `${method} ${url}`)
      asked++
    }
    t.ok(asked >= { scan: 24, fileset: 17, file: 9 }[member], `${asked} routes`)
    t.strictSame(await everythingOfUsers(lab.root), before)
  })
}

t.test('what was deleted is not there', async t => {
  const { send, createFiles, bytes } = await startLab(t)
  await createFiles('plant', { 'leaf.txt': 'a leaf' })
  const url = '/v1/scans/plant/filesets/images/files/leaf'
  t.equal((await bytes(url)).status, 200)
  for (const [path, code] of [[url, 'file_not_found'], ['/v1/scans/plant/filesets/images', 'fileset_not_found'], ['/v1/scans/plant', 'scan_not_found']] as const) {
    const deleted = await send('DELETE', path)
    t.equal(deleted.status, 204)
    t.equal(deleted.body, '')
    t.match(await send('GET', path), { status: 404, body: { code } })
    t.match(await send('DELETE', path), { status: 404, body: { code } })
  }
})
