import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { craft } from '../lib/datasets/archive/craft.js'
import { startLab, writeScan, type Lab } from '../support/datasets.js'
import { askingMeanwhile } from '../support/liveness.js'

const VALUES = 99_900
/** As large as the default budgets let it be, and the worst to go through. */
const heavy = Buffer.from(`{"list":[${Array.from({ length: VALUES }, (_, i) => `${i % 9}.0`).join()}]}`)
const asMetadata = Buffer.from(`{"metadata":${heavy.toString()}}`)
const asJson = { 'content-type': 'application/json' }

/** Whether others were answered while a call was: what is done in this thread at a stretch is a small part of it. */
async function holdsUpNobody (t: Test, { call, admin: token }: Lab, method: string, url: string, body?: Buffer, headers: Record<string, string> = asJson): Promise<void> {
  const { result, lasted, longest } = await askingMeanwhile({ call }, () => call(method, url, { token, ...(body ? { body, headers } : {}) }))
  t.ok(result.status < 300, `${method} ${url}: ${result.status}`)
  t.ok(longest < lasted / 2, `${method} ${url} took ${lasted.toFixed()} ms, of which others waited for ${longest.toFixed()} at most`)
}

t.test('whoever writes the largest metadata holds up nobody', async t => {
  const lab = await startLab(t)
  await lab.createFiles('plant', { 'leaf.txt': 'a leaf' })
  // The thread has started then.
  t.equal((await lab.send('PATCH', '/v1/scans/plant/metadata', heavy, asJson)).status, 200)
  await holdsUpNobody(t, lab, 'PUT', '/v1/scans/plant/metadata', heavy)
  await holdsUpNobody(t, lab, 'PATCH', '/v1/scans/plant/filesets/images/metadata', heavy)
  await holdsUpNobody(t, lab, 'POST', '/file/plant/images/leaf/metadata', asMetadata)
  await holdsUpNobody(t, lab, 'POST', '/scan/made', asMetadata)
  const archive = craft([{ name: 'files.json', data: '{"filesets":[]}' }, { name: 'metadata/metadata.json', data: heavy.toString() }])
  await holdsUpNobody(t, lab, 'POST', '/v1/scans/imported/archive', archive, { 'content-type': 'application/zip' })
})

t.test('whoever writes to a fileset of 50 000 files holds up nobody', async t => {
  const lab = await startLab(t, {}, async root => {
    await writeScan(root, 'many', {})
    await mkdir(join(root, 'many', 'images'))
    const files = Array.from({ length: 50_000 }, (_, i) => ({ file: `f${i}.jpg`, id: `f${i}` }))
    await writeFile(join(root, 'many', 'files.json'), JSON.stringify({ filesets: [{ files, id: 'images' }] }, null, 4))
  })
  await holdsUpNobody(t, lab, 'POST', '/v1/scans/many/filesets/images/files?id=new&ext=jpg', Buffer.from('new'), { 'content-type': 'image/jpeg' })
  t.match((await lab.send('GET', '/v1/scans/many/filesets/images/files')).body, { items: [{ id: 'new' }] })
  await holdsUpNobody(t, lab, 'DELETE', '/v1/scans/many/filesets/images/files/new')
})
