import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import t from 'tap'
import { craft, scan as scanArchive } from '../lib/datasets/archive/craft.js'
import { everythingOfUsers, multipart, startLab, filePart, type Lab } from '../support/datasets.js'
import { listen, sendRaw } from '../support/raw-http.js'

/** Names as they stand in a path: each would lead out, is no name, or is one only after somebody normalises it. */
const outside = [
  '..', '.', '%2e%2e', '%2E%2E', '.%2e', '%2e.', '..%2foutside', '..%2f..%2fetc', '%2e%2e%2foutside', '..%2Foutside%2Fimages',
  '/etc/passwd', '%2fetc%2fpasswd', '%2Fetc', '%252e%252e', '%252e%252e%252foutside', 'plant%2f..', 'plant%2f..%2f..%2foutside', '..;', '..%3b',
  '%00', 'plant%00', '..%00', 'leaf%00.jpg', '..%5coutside', '..\\outside', '%5c', 'C%3a', 'C%3a%5cwindows',
  'a'.repeat(201), 'a'.repeat(2000), '', '%20', 'plant%20', '%20plant', 'plant%0a', 'plant%0d%0a', 'plant%09',
  '%ef%bc%8e%ef%bc%8e', '%e2%80%a5', '%e2%80%a4%e2%80%a4', 'a%ef%bc%8fb', '..%e2%88%95outside', '..%e2%81%84outside', '%c0%ae%c0%ae', '..%c0%afoutside', '%ef%ac%81le', 'pl%c3%a4nt', '%ff', '%',
  '.hidden', '.guardcell', '%2eguardcell', '~', '*', '-%2f', 'plant%3fx', 'plant%23x', '%7b%7d'
]

/** Names that are right as such, but belong to something else. */
const reserved = {
  scan: ['users.json', 'groups.json', 'romidb', '.guardcell', '%75sers.json', 'lost+found'],
  fileset: ['metadata', 'webcache', 'files.json', 'measures.json', 'scan.toml', 'pipeline.toml', 'x.json', '%6detadata'],
  file: ['metadata.json%2f', 'leaf.jpg%2f..']
}

const valid = { scan: 'plant', fileset: 'images', file: 'leaf' }
type Member = keyof typeof valid

/** A service beside whose folder lies another one that would be a scan, and in whose folder lie PlantDB's own files. */
const guarded = (t: Parameters<typeof startLab>[0]): Promise<Lab> => startLab(t, {}, async root => {
  const beside = join(dirname(root), 'outside')
  for (const folder of ['images', 'metadata/images', 'webcache']) await mkdir(join(beside, folder), { recursive: true })
  await writeFile(join(beside, 'files.json'), JSON.stringify({ filesets: [{ id: 'images', files: [{ id: 'leaf', file: 'leaf.jpg' }] }] }))
  await writeFile(join(beside, 'metadata', 'metadata.json'), '{"secret":"top"}')
  await writeFile(join(beside, 'metadata', 'images', 'leaf.json'), '{"secret":"top"}')
  await writeFile(join(beside, 'images', 'leaf.jpg'), 'secret')
  for (const name of ['users.json', 'groups.json', 'romidb']) await writeFile(join(root, name), '{"secret":"top"}')
})

const asWhole = { 'content-type': 'application/octet-stream' }
const asJson = { 'content-type': 'application/json' }

/** A request body that would be taken if the path were right. */
function bodyOf (method: string, url: string): { headers: Record<string, string>, body?: Buffer | string } {
  if (method === 'GET' || method === 'HEAD' || method === 'DELETE') return { headers: {} }
  if (url.endsWith('/archive')) return { headers: { 'content-type': 'application/zip' }, body: craft(scanArchive()) }
  if (url.endsWith('/files')) return multipart(filePart('new.txt', 'new'))
  if (url.endsWith('/files/:file')) return { headers: asWhole, body: 'new' }
  if (url.endsWith('/owner')) return { headers: asJson, body: '{"owner":"admin"}' }
  if (url.endsWith('/sharing')) return { headers: asJson, body: '{"groups":[],"visibility":"public"}' }
  return { headers: asJson, body: url.endsWith('/filesets') ? '{"id":"fresh"}' : '{"changed":true}' }
}

/** The routes that take a member of the path, with the right names for the others. */
const routesWith = ({ app }: Lab, member: Member) => app.routeRules()
  .filter(({ method, url }) => url.startsWith('/v1/scans/') && new RegExp(`:${member}\\b`).test(url) && method !== 'OPTIONS')
  .flatMap(({ method, url }) => method.split(',').map(method => ({ method, url })))

for (const member of Object.keys(valid) as Member[]) {
  t.test(`no path reaches outside of the folder by the name of a ${member}`, async t => {
    const lab = await guarded(t)
    await lab.createFiles('plant', { 'leaf.jpg': 'a leaf' })
    for (const name of ['measures.json', 'scan.toml', 'pipeline.toml']) await writeFile(join(lab.root, 'plant', name), 'secret = "top"')
    const port = await listen(lab.app)
    const before = await everythingOfUsers(dirname(lab.root))
    const routes = routesWith(lab, member)
    t.ok(routes.length >= { scan: 25, fileset: 17, file: 10 }[member], `${routes.length} routes take it`)

    for (const { method, url } of routes) {
      const { headers, body } = bodyOf(method, url)
      const taken: string[] = []
      await Promise.all([...outside, ...reserved[member]].map(async name => {
        const path = url.replace(/:(scan|fileset|file)\b/g, (_all, key: Member) => key === member ? name : valid[key])
        const { status, text } = await sendRaw(port, method, path, { authorization: `Bearer ${lab.admin}`, ...headers }, body)
        if (![400, 404, 413, 414].includes(status)) taken.push(`${name.slice(0, 60)}: ${status}`)
        if (/secret|root:/.test(text)) taken.push(`${name}: tells ${text.slice(0, 60)}`)
      }))
      t.strictSame(taken, [], `${method} ${url}`)
    }
    t.strictSame(await everythingOfUsers(dirname(lab.root)), before, 'nothing was made, changed or removed')
    t.equal((await lab.bytes('/v1/scans/plant/filesets/images/files/leaf')).data.toString(), 'a leaf')
  })
}

t.test('names of 200 characters are names on every route', async t => {
  const { send, upload, bytes } = await startLab(t)
  const long = `${'aZ0_.-'.repeat(33)}aZ`
  t.equal(long.length, 200)
  const url = `/v1/scans/${long}/filesets/${long}/files`
  t.equal((await send('POST', '/v1/scans', { id: long })).status, 201)
  t.equal((await send('POST', `/v1/scans/${long}/filesets`, { id: long })).status, 201)
  t.equal((await upload(`${url}?id=${long}&ext=jpg`, 'a leaf')).status, 201)
  t.equal((await bytes(`${url}/${long}`)).data.toString(), 'a leaf')
  t.equal((await send('PUT', `${url}/${long}/metadata`, { shot: 1 })).status, 200)
  t.equal((await send('GET', `${url}/${long}/info`)).body.name, `${long}.jpg`)
  for (const path of [`${url}/${long}`, `/v1/scans/${long}/filesets/${long}`, `/v1/scans/${long}`]) t.equal((await send('DELETE', path)).status, 204)
})

t.test('PlantDB\'s own files in the folder are no scans', async t => {
  const lab = await guarded(t)
  t.strictSame((await lab.send('GET', '/v1/scans')).body.items, [])
  for (const name of ['users.json', 'groups.json', 'romidb', '.guardcell', 'outside']) t.match(await lab.send('GET', `/v1/scans/${name}`), { status: /^40[04]$/ }, name)
})
