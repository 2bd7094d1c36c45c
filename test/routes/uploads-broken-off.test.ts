import type { FastifyInstance } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { everythingOfUsers, filePart, multipart, startLab, unfinished, type Lab } from '../support/datasets.js'
import { begin, listen } from '../support/raw-http.js'

const FILES = '/v1/scans/plant/filesets/images/files'
const half = 400_000

const head = (lab: Lab, method: string, url: string, type: string, length: number | string): string =>
  `${method} ${url} HTTP/1.1\nHost: localhost\nAuthorization: Bearer ${lab.admin}\nContent-Type: ${type}\n${typeof length === 'number' ? `Content-Length: ${length}` : 'Transfer-Encoding: chunked'}\n\n`

/** Waits until something is as it should be, or gives up. */
async function until (condition: () => Promise<boolean> | boolean): Promise<boolean> {
  for (let attempts = 0; attempts < 200; attempts++) {
    if (await condition()) return true
    await sleep(25)
  }
  return false
}

const connections = (app: FastifyInstance): Promise<number> => new Promise((resolve, reject) => app.server.getConnections((error, count) => error ? reject(error) : resolve(count)))

/** Timers that keep the process alive: what waits for an upload has one. */
const timers = (): number => process.getActiveResourcesInfo().filter(kind => kind === 'Timeout').length

const form = multipart({ name: 'id', value: 'bud' }, { name: 'ext', value: 'txt' }, filePart('bud.txt', Buffer.alloc(2 * half, 'x')))
const chunk = `${half.toString(16)}\r\n${'x'.repeat(half)}\r\n`

/** Ways to begin an upload; each is broken off before its end. */
const ways: Record<string, (lab: Lab) => [head: string, body: Buffer | string]> = {
  'as the body': lab => [head(lab, 'POST', `${FILES}?id=bud&ext=txt`, 'text/plain', 2 * half), 'x'.repeat(half)],
  'as the body, in chunks': lab => [head(lab, 'POST', `${FILES}?id=bud&ext=txt`, 'text/plain', 'chunked'), chunk],
  'in a form': lab => [head(lab, 'POST', FILES, form.headers['content-type']!, form.body.length), form.body.subarray(0, half)],
  'in a form, before the file': lab => [head(lab, 'POST', FILES, form.headers['content-type']!, form.body.length), form.body.subarray(0, 60)],
  'in a form, in chunks': lab => [head(lab, 'POST', FILES, form.headers['content-type']!, 'chunked'), Buffer.concat([Buffer.from(`${half.toString(16)}\r\n`), form.body.subarray(0, half), Buffer.from('\r\n')])],
  'in the place of another': lab => [head(lab, 'PUT', `${FILES}/leaf`, 'text/plain', 2 * half), 'x'.repeat(half)],
  'in the place of another, in a form': lab => [head(lab, 'PUT', `${FILES}/leaf`, form.headers['content-type']!, form.body.length), form.body.subarray(0, half)],
  'as an archive': lab => [head(lab, 'POST', '/v1/scans/other/archive', 'application/zip', 2 * half), 'x'.repeat(half)],
  'as an archive in a form': lab => [head(lab, 'POST', '/v1/scans/other/archive', form.headers['content-type']!, form.body.length), form.body.subarray(0, half)]
}

async function prepared (t: Test): Promise<Lab & { port: number, before: Record<string, string> }> {
  const lab = await startLab(t)
  await lab.createFiles('plant', { 'leaf.txt': 'a leaf' })
  return { ...lab, port: await listen(lab.app), before: await everythingOfUsers(lab.root) }
}

for (const [how, way] of Object.entries(ways)) {
  t.test(`nothing is left of an upload ${how} whose client goes away`, async t => {
    const lab = await prepared(t)
    const { root, port, before, app, upload, bytes, createScan } = lab
    const idle = timers()
    for (const leave of ['destroy', 'resetAndDestroy', 'end'] as const) {
      const socket = await begin(port, ...way(lab))
      socket.on('error', () => {})
      if (!how.includes('before the file')) t.ok(await until(async () => (await unfinished(root)).length > 0), 'it was on its way in')
      socket.resume()[leave]()
      t.ok(await until(async () => (await unfinished(root)).length === 0), `nothing unfinished is left (${leave})`)
      t.ok(await until(async () => await connections(app) === 0), 'and no connection')
      t.ok(await until(() => timers() <= idle), 'and nobody waits for it any more')
      t.strictSame(await everythingOfUsers(root), before)
    }

    t.equal((await upload(`${FILES}?id=bud&ext=txt`, 'a bud')).status, 201, 'the next upload of the same id works')
    t.equal((await bytes(`${FILES}/bud`)).data.toString(), 'a bud')
    t.equal((await bytes(`${FILES}/leaf`)).data.toString(), 'a leaf', 'what was there is as it was')
    t.ok(await createScan('other'))
  })
}

t.test('many uploads of one id that go away at the same time leave nothing, and one that stays is taken', async t => {
  const lab = await prepared(t)
  const { root, port, before, upload } = lab
  const sockets = await Promise.all(Array.from({ length: 20 }, (_, i) => begin(port, ...Object.values(ways)[i % 2 === 0 ? 0 : 2]!(lab))))
  t.ok(await until(async () => (await unfinished(root)).length > 10))
  for (const socket of sockets) socket.on('error', () => {}).destroy()
  const stays = await upload(`${FILES}?id=bud&ext=txt`, 'a bud')
  t.equal(stays.status, 201)
  t.ok(await until(async () => (await unfinished(root)).length === 0))
  const after = await everythingOfUsers(root)
  t.strictSame(Object.keys(after).filter(path => !(path in before)), ['plant/images/bud.txt'])
})

t.test('the service closes without waiting for ever for an upload that stands still', async t => {
  const lab = await prepared(t)
  const socket = await begin(lab.port, ...ways['as the body']!(lab))
  t.ok(await until(async () => (await unfinished(lab.root)).length > 0))
  socket.on('error', () => {}).destroy()
  await lab.app.close()
  t.strictSame(await unfinished(lab.root), [])
})
