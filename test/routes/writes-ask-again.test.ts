import { readFile, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Socket } from 'node:net'
import { once } from 'node:events'
import fc from 'fast-check'
import t, { type Test } from 'tap'
import { ownPrefix, start } from '../support/app.js'
import { multipart, startLab, type Lab } from '../support/datasets.js'
import { newSecret } from '../support/pairing.js'
import { begin, listen } from '../support/raw-http.js'

const SCAN = 'plant'
const MARK = 'late bytes'

/** Uploads whose last byte is still to come. */
const uploads = {
  'PUT of a file': (token: string, scan: string) => ({ head: `PUT /v1/scans/${scan}/filesets/images/files/a HTTP/1.1`, token, body: Buffer.from(MARK), type: 'application/octet-stream' }),
  'POST of a file': (token: string, scan: string) => ({ head: `POST /v1/scans/${scan}/filesets/images/files?id=late&ext=txt HTTP/1.1`, token, body: Buffer.from(MARK), type: 'application/octet-stream' }),
  'form of the dialect': (token: string, scan: string) => {
    const { body, headers } = multipart({ name: 'ext', value: 'txt' }, { name: 'file', value: MARK, filename: 'late.txt' })
    return { head: `POST /file/${scan}/images/other HTTP/1.1`, token, body, type: headers['content-type']! }
  },
  'X-File-Path': (token: string, scan: string) => ({ head: `POST /files/${scan} HTTP/1.1\nX-File-Path: late.txt`, token, body: Buffer.from(MARK), type: 'application/octet-stream' }),
  'PATCH of metadata': (token: string, scan: string) => ({ head: `PATCH /v1/scans/${scan}/metadata HTTP/1.1`, token, body: Buffer.from(JSON.stringify({ note: MARK })), type: 'application/json' }),
  'a new fileset': (token: string, scan: string) => ({ head: `POST /v1/scans/${scan}/filesets HTTP/1.1`, token, body: Buffer.from(JSON.stringify({ id: 'late', metadata: { note: MARK } })), type: 'application/json' })
}
type Kind = keyof typeof uploads

/** An upload that has been admitted and lacks its last byte. */
interface Open { socket: Socket, rest: Buffer, answer: Promise<string> }

async function openUpload (port: number, kind: Kind, token: string): Promise<Open> {
  const { head, body, type } = uploads[kind](token, SCAN)
  const socket = await begin(port, `${head}\nHost: x\nAuthorization: Bearer ${token}\nContent-Type: ${type}\nContent-Length: ${body.length}\nConnection: close\n\n`, body.subarray(0, -1))
  let text = ''
  socket.on('data', (chunk: Buffer) => { text += String(chunk) })
  return { socket, rest: body.subarray(-1), answer: once(socket, 'close').then(() => text) }
}

async function finish ({ socket, rest, answer }: Open): Promise<number> {
  socket.write(rest)
  return Number((await answer).split(' ')[1] ?? 0)
}

/** All that lies in the folder as text. */
async function textOf (root: string): Promise<string> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true })
  const files = entries.filter(entry => entry.isFile() && !entry.parentPath.includes('.guardcell'))
  return (await Promise.all(files.map(async entry => await readFile(join(entry.parentPath, entry.name), 'utf8')))).join('\n')
}

/** Who uploads: a contributor in the group that shares the private scan, with two kinds of tokens. */
interface Uploader { name: string, id: string, tokens: { access: string, api: string }, apiToken: string }

type Loss = (lab: Lab, who: Uploader) => Promise<unknown>

const otherScan = async (lab: Lab, visibility: string): Promise<void> => {
  await lab.send('DELETE', `/v1/scans/${SCAN}`)
  await lab.createScan(SCAN, { visibility })
  await lab.send('POST', `/v1/scans/${SCAN}/filesets`, { id: 'images' })
  await lab.upload(`/v1/scans/${SCAN}/filesets/images/files?id=a&ext=txt`, 'theirs')
}

/** Ways of losing the right to write, or of meaning another scan by the same name. */
const losses: Record<string, Loss> = {
  'the account is deleted': (lab, { id }) => lab.send('DELETE', `/v1/users/${id}`),
  'the account is deactivated': (lab, { id }) => lab.send('PATCH', `/v1/users/${id}`, { active: false }),
  'the role is taken away, and the scan not shared with a group': async (lab, { id }) => {
    await lab.send('PATCH', `/v1/users/${id}`, { roles: ['reader'] })
    await lab.send('PUT', `/v1/scans/${SCAN}/sharing`, { groups: [], visibility: 'shared' })
  },
  'the group is left': (lab, { name }) => lab.send('DELETE', `/v1/groups/lab/members/${name}`),
  'the scan is private': lab => lab.send('PUT', `/v1/scans/${SCAN}/sharing`, { groups: [], visibility: 'private' }),
  'a private scan has the name': lab => otherScan(lab, 'private'),
  'a public scan has the name': lab => otherScan(lab, 'public'),
  'sessions and API tokens are revoked': async (lab, { id }) => {
    await lab.send('DELETE', `/v1/users/${id}/sessions`)
    await lab.send('DELETE', `/v1/users/${id}/api-tokens`)
  }
}

/** Two replicas on one folder; what is lost is lost at the first, what is uploaded goes to either. */
async function prepare (t: Test): Promise<{ lab: Lab, ports: number[], uploader: () => Promise<Uploader>, freshScan: () => Promise<void> }> {
  const shared = { REDIS_PREFIX: ownPrefix(), JWT_SECRET_KEY: newSecret(), ISSUER: 'http://lab.example', LOGIN_LIMIT: '0' }
  const lab = await startLab(t, shared)
  const other = await start(t, { ...shared, DATA_DIR: lab.root })
  const ports = [await listen(lab.app), await listen(other.app)]
  await lab.send('POST', '/v1/groups', { name: 'lab' })
  let count = 0
  return {
    lab,
    ports,
    uploader: async () => {
      const name = `eve${++count}`
      const { id } = await lab.createUser(name, { roles: ['contributor'] })
      await lab.send('PUT', `/v1/groups/lab/members/${name}`)
      const { access_token: access } = await lab.login(name)
      const { body } = await lab.call('POST', '/v1/api-tokens', { token: access, body: { name: 'camera', datasets: { '*': ['read', 'write'] }, expires_in: 3600 } })
      return { name, id, tokens: { access, api: body.token as string }, apiToken: body.id as string }
    },
    freshScan: async () => {
      await lab.send('DELETE', `/v1/scans/${SCAN}`)
      await lab.createFiles(SCAN, { 'a.txt': 'before' })
      const { status } = await lab.send('PUT', `/v1/scans/${SCAN}/sharing`, { groups: ['lab'], visibility: 'private' })
      if (status !== 200) throw new Error(`the scan is not shared: ${status}`)
    }
  }
}

const kinds = Object.keys(uploads) as Kind[]
/** What a body of JSON is meant for is looked for when it is there; files are admitted before they are read. */
const isAdmittedFirst = (kind: Kind): boolean => kind !== 'PATCH of metadata' && kind !== 'a new fileset'
const kindsFor = (way: string): Kind[] => kinds.filter(kind => way !== 'a public scan has the name' || isAdmittedFirst(kind))
const ways = Object.keys(losses)

t.test('an upload that nothing was taken from ends well, by either token', async t => {
  const { lab, ports, uploader, freshScan } = await prepare(t)
  for (const token of ['access', 'api'] as const) {
    await freshScan()
    const { tokens } = await uploader()
    for (const [i, kind] of kinds.entries()) {
      await lab.send('DELETE', `/v1/scans/${SCAN}/filesets/images/files/late`)
      const upload = await openUpload(ports[i % 2]!, kind, tokens[token])
      t.match(await finish(upload), /^20[01]$/, `${kind} by ${token} token`)
    }
    t.match(await textOf(lab.root), MARK)
  }
})

t.test('an upload whose right has gone before its last byte writes nothing', async t => {
  const { lab, ports, uploader, freshScan } = await prepare(t)
  for (const way of ways) {
    await freshScan()
    const who = await uploader()
    const asked = kindsFor(way)
    const open = await Promise.all(asked.flatMap((kind, i) => (['access', 'api'] as const).map((token, k) => openUpload(ports[(i + k) % 2]!, kind, who.tokens[token]))))
    await losses[way]!(lab, who)
    for (const [i, upload] of open.entries()) t.match(await finish(upload), /^(?:401|403|404)$/, `${way}: ${asked[i >> 1]}`)
    t.notMatch(await textOf(lab.root), MARK, way)
  }
})

t.test('in any order, nothing is written after its right has gone', async t => {
  const { lab, ports, uploader, freshScan } = await prepare(t)
  const one = fc.record({ kind: fc.constantFrom(...kinds), token: fc.constantFrom('access' as const, 'api' as const), replica: fc.nat(1), before: fc.boolean() })
  await fc.assert(fc.asyncProperty(fc.uniqueArray(one, { minLength: 1, maxLength: 4, selector: ({ kind }) => kind }), fc.constantFrom(...ways), async (all, way) => {
    await freshScan()
    const who = await uploader()
    const open = await Promise.all(all.filter(({ kind }) => kindsFor(way).includes(kind)).map(async upload => ({ ...upload, ...await openUpload(ports[upload.replica]!, upload.kind, who.tokens[upload.token]) })))
    // Those that come in time may write; a scan that is made anew has nothing of them.
    for (const upload of open.filter(({ before }) => before)) if (await finish(upload) >= 300) return false
    const early = await textOf(lab.root)
    await losses[way]!(lab, who)
    const lost = await textOf(lab.root)
    for (const upload of open.filter(({ before }) => !before)) if (await finish(upload) < 400) return false
    const marks = (text: string): number => text.split(MARK).length
    return marks(await textOf(lab.root)) === marks(lost) && marks(lost) <= marks(early)
  }), { numRuns: Number(process.env.GUARDCELL_RUNS ?? 12) })
})
