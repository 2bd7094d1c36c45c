import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import sharp from 'sharp'
import t, { type Test } from 'tap'
import { everythingIn, filePart, multipart, startLab, type Lab } from '../support/datasets.js'

const SECRET = 'the secret of somebody else'
const picture = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#0a0' } }).jpeg().toBuffer()

const FILES = '/v1/scans/plant/filesets/images/files'

/** Everything that can be asked of the scan `plant` and what is in it. */
const calls: ReadonlyArray<[method: string, url: string, body?: object | string | Buffer, headers?: Record<string, string>]> = [
  ['GET', '/v1/scans?query={}'],
  ['GET', '/v1/scans/plant'],
  ['GET', '/v1/scans/plant/metadata'],
  ['GET', '/v1/scans/plant/archive'],
  ['GET', '/v1/scans/plant/filesets'],
  ['GET', '/v1/scans/plant/filesets/images'],
  ['GET', '/v1/scans/plant/filesets/images/metadata'],
  ['GET', FILES],
  ['GET', `${FILES}/leaf`], ['HEAD', `${FILES}/leaf`], ['GET', `${FILES}/leaf/info`], ['GET', `${FILES}/leaf/metadata`],
  ...['thumb', 'large', 'orig', '20'].flatMap(size => [['GET', `${FILES}/leaf/image?size=${size}`], ['GET', `${FILES}/leaf/image?size=${size}&as_base64=true`]] as Array<[string, string]>),
  ['PUT', '/v1/scans/plant/metadata', { written: true }], ['PATCH', '/v1/scans/plant/metadata', { written: true }],
  ['PUT', '/v1/scans/plant/filesets/images/metadata', { written: true }], ['PATCH', '/v1/scans/plant/filesets/images/metadata', { written: true }],
  ['PUT', `${FILES}/leaf/metadata`, { written: true }], ['PATCH', `${FILES}/leaf/metadata`, { written: true }],
  ['PUT', '/v1/scans/plant/owner', { owner: 'admin' }], ['PUT', '/v1/scans/plant/sharing', { groups: [], visibility: 'public' }],
  ['POST', '/v1/scans', { id: 'plant' }],
  ['POST', '/v1/scans/plant/filesets', { id: 'images' }], ['POST', '/v1/scans/plant/filesets', { id: 'fresh', metadata: { written: true } }],
  ['POST', `${FILES}?id=bud&ext=txt&metadata=${encodeURIComponent('{"written":true}')}`, Buffer.from('new')],
  ['POST', FILES, ...Object.values(multipart(filePart('other.json', 'new'))) as [Buffer, Record<string, string>]],
  ['PUT', `${FILES}/leaf`, Buffer.from('written')],
  ['POST', '/v1/datasets/refresh'],
  ['DELETE', `${FILES}/leaf`], ['DELETE', `${FILES}/other`], ['DELETE', '/v1/scans/plant/filesets/images'], ['DELETE', '/v1/scans/plant']
]

/** What somebody planted in place of what belongs there: the place, and where in the outside it leads. */
const plants: Record<string, [path: string, target: string]> = {
  'the scan': ['plant', 'scan'],
  'the folder of a fileset': ['plant/images', 'scan/images'],
  'a file, to another one': ['plant/images/leaf.jpg', 'scan/images/leaf.jpg'],
  'a file, to /etc/passwd': ['plant/images/leaf.jpg', '/etc/passwd'],
  'the folder of all metadata': ['plant/metadata', 'scan/metadata'],
  'the metadata of the scan': ['plant/metadata/metadata.json', 'scan/metadata/metadata.json'],
  'the metadata of a fileset': ['plant/metadata/images.json', 'scan/metadata/images.json'],
  'the folder of a fileset\'s metadata': ['plant/metadata/images', 'scan/metadata/images'],
  'the metadata of a file': ['plant/metadata/images/leaf.json', 'scan/metadata/images/leaf.json'],
  'the folder of previews': ['plant/webcache', 'scan/webcache'],
  'the listing': ['plant/files.json', 'scan/files.json']
}

/** A scan, and outside of the folder another one whose every file holds a secret. */
async function twoScans (t: Test): Promise<{ lab: Lab, outside: string }> {
  const lab = await startLab(t, { WRITE_LEASE: '1' })
  await lab.createFiles('plant', { 'leaf.jpg': picture })
  t.equal((await lab.send('PUT', `${FILES}/leaf/metadata`, { shot: 1 })).status, 200)
  const outside = join(dirname(lab.root), 'outside')
  for (const folder of ['images', 'metadata/images', 'webcache']) await mkdir(join(outside, 'scan', folder), { recursive: true })
  const files = {
    'files.json': JSON.stringify({ filesets: [{ id: 'images', files: ['leaf.jpg', 'other.json'].map(file => ({ file, id: file.split('.')[0] })) }], note: SECRET }),
    'images/leaf.jpg': SECRET,
    'images/other.json': SECRET,
    'metadata/metadata.json': JSON.stringify({ owner: 'admin', note: SECRET }),
    'metadata/images.json': JSON.stringify({ object: SECRET }),
    'metadata/images/leaf.json': JSON.stringify({ note: SECRET }),
    'metadata/images/bud.json': JSON.stringify({ note: SECRET }),
    'metadata/images/other.json': JSON.stringify({ note: SECRET })
  }
  for (const [path, text] of Object.entries(files)) await writeFile(join(outside, 'scan', path), text)
  return { lab, outside }
}

/** Puts a link in the place of what is there. */
async function plant ({ root }: Lab, outside: string, [path, target]: [string, string]): Promise<void> {
  await rm(join(root, path), { recursive: true, force: true })
  await symlink(join(outside, target), join(root, path))
}

const tells = (text: string): boolean => [SECRET, Buffer.from(SECRET).toString('base64').slice(0, 30), 'root:x:0'].some(secret => text.includes(secret))

/** Calls everything, and says where that told, changed or broke something. */
async function callAll (t: Test, { app, admin }: Lab, outside: string): Promise<void> {
  const before = await everythingIn(outside)
  for (const [method, url, payload, headers = {}] of calls) {
    const answer = await app.inject({ method: method as 'GET', url, headers: { authorization: `Bearer ${admin}`, ...(Buffer.isBuffer(payload) ? { 'content-type': 'text/plain' } : {}), ...headers }, ...(payload === undefined ? {} : { payload }) })
      .catch((error: Error) => ({ statusCode: 0, rawPayload: Buffer.from(error.message) }))
    const { statusCode, rawPayload } = answer
    t.notOk(tells(rawPayload.toString('latin1')), `${method} ${url} tells nothing (${statusCode})`)
    t.not(statusCode, 500, `${method} ${url} is an error of the service: ${rawPayload.toString().slice(0, 200)}`)
    const after = await everythingIn(outside)
    if (!t.strictSame(after, before, `${method} ${url} changes nothing`)) return
  }
}

for (const [what, place] of Object.entries(plants)) {
  t.test(`nothing outside is read or written through a link in place of ${what}, planted while the service runs`, async t => {
    const { lab, outside } = await twoScans(t)
    await plant(lab, outside, place)
    await callAll(t, lab, outside)
  })

  t.test(`nothing outside is read or written through a link in place of ${what}, found at a refresh`, async t => {
    const { lab, outside } = await twoScans(t)
    await plant(lab, outside, place)
    t.equal((await lab.send('POST', '/v1/datasets/refresh')).status, 200)
    await callAll(t, lab, outside)
  })
}

t.test('a link among the scans is reported, and whatever it leads to is none', async t => {
  const { lab, outside } = await twoScans(t)
  await symlink(join(outside, 'scan'), join(lab.root, 'other'))
  await rename(join(lab.root, 'plant'), join(outside, 'moved'))
  await symlink(join(outside, 'moved'), join(lab.root, 'plant'))
  const { body } = await lab.send('POST', '/v1/datasets/refresh')
  t.strictSame(body, { scans: 0, faults: [{ path: 'other', reason: 'is a symbolic link' }, { path: 'plant', reason: 'is a symbolic link' }] })
  for (const name of ['other', 'plant']) {
    t.match(await lab.send('GET', `/v1/scans/${name}`), { status: 404, body: { code: 'scan_not_found' } })
    t.match(await lab.send('POST', '/v1/scans', { id: name }), { status: 409, body: { code: 'scan_exists' } })
  }
})
