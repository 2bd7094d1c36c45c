import type { Redis } from 'ioredis'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Answer } from '../../support/app.js'
import { startLab } from '../../support/datasets.js'

type Call = () => Promise<Answer>

t.test('changes of a scan that wait for the same turn', async t => {
  const { app, root, send, upload, createFiles } = await startLab(t)
  const ids = Array.from({ length: 5 }, (_, i) => `f${i}`)
  await createFiles('plant', Object.fromEntries(ids.map(id => [`${id}.txt`, 'old'])))
  const filesets = '/v1/scans/plant/filesets'
  const images = `${filesets}/images`
  const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status)

  /** Waits until a call waits in line: nothing on its way there asks Redis any more, or reads or writes a file. */
  const isInLine = async (): Promise<void> => {
    for (let quiet = 0; quiet < 10; quiet++) {
      await sleep(5)
      await app.redis.ping()
      if (process.getActiveResourcesInfo().some(name => name.startsWith('FSReq'))) quiet = 0
    }
  }

  /** Makes changes wait in line, in their order, while somebody else seems to write to the scan. */
  const inOneTurn = async (...calls: Call[]): Promise<Answer[]> => {
    const [lease, redis, fence] = [`${app.names.scan('plant')}:lease`, app.redis as Redis, String(Date.now())]
    await redis.hset(lease, { fence, ends: Date.now() + 60_000, released: '' })
    const first: Call = async () => await send('PATCH', '/v1/scans/plant/metadata', { first: fence })
    const answers: Array<Promise<Answer>> = []
    for (const call of [first, ...calls]) {
      answers.push(call())
      await isInLine()
    }
    await redis.hset(lease, 'released', fence)
    return (await Promise.all(answers)).slice(1)
  }

  await t.test('are all made to the same metadata', async t => {
    for (const place of ['/v1/scans/plant', images, `${images}/files/f0`]) {
      const answers = await inOneTurn(...ids.map(id => async () => await send('PATCH', `${place}/metadata`, { [id]: true })))
      t.strictSame(statuses(answers), ids.map(() => 200))
      t.match((await send('GET', `${place}/metadata`)).body, Object.fromEntries(ids.map(id => [id, true])), place)
    }
  })

  await t.test('are refused, but the first, where they must not change what they have not seen', async t => {
    const { headers } = await send('GET', `${images}/metadata`)
    const answers = await inOneTurn(...ids.map(id => async () => await send('PATCH', `${images}/metadata`, { seen: id }, { 'if-match': String(headers.etag) })))
    t.strictSame(statuses(answers), [200, ...ids.slice(1).map(() => 412)])
    t.equal((await send('GET', `${images}/metadata`)).body.seen, 'f0')
  })

  await t.test('put the last of several contents in the place of a file\'s', async t => {
    const answers = await inOneTurn(...ids.map(id => async () => await upload(`${images}/files/f0`, id, {}, 'PUT')))
    t.strictSame(statuses(answers), ids.map(() => 200))
    t.equal((await send('GET', `${images}/files/f0`)).body, 'f4')
  })

  await t.test('make a file that several make once', async t => {
    const answers = await inOneTurn(...ids.map(id => async () => await upload(`${images}/files?id=same&ext=txt`, id)))
    t.strictSame(statuses(answers), [201, ...ids.slice(1).map(() => 409)])
    t.equal((await send('GET', `${images}/files/same`)).body, 'f0')
  })

  await t.test('leave nothing of a file that is described, replaced and removed', async t => {
    const answers = await inOneTurn(
      async () => await send('PATCH', `${images}/files/f1/metadata`, { described: true }),
      async () => await upload(`${images}/files/f1`, 'new', {}, 'PUT'),
      async () => await send('DELETE', `${images}/files/f1`)
    )
    // The content that came in between was there for no time that anybody could have seen.
    t.match(statuses(answers), [200, /^(200|404)$/, 204])
    t.strictSame((await readdir(join(root, 'plant/images'))).filter(name => name.startsWith('f1')), [])
    t.strictSame((await readdir(join(root, 'plant/metadata/images'))).filter(name => name.startsWith('f1')), [])
  })

  await t.test('remove a file and make it again', async t => {
    await send('PATCH', `${images}/files/f2/metadata`, { described: true })
    const answers = await inOneTurn(
      async () => await send('DELETE', `${images}/files/f2`),
      async () => await upload(`${images}/files?id=f2&ext=txt&metadata={"again":1}`, 'new')
    )
    t.strictSame(statuses(answers), [204, 201])
    t.equal((await send('GET', `${images}/files/f2`)).body, 'new')
    t.strictSame((await send('GET', `${images}/files/f2/metadata`)).body, { again: 1 })
  })

  await t.test('remove a fileset and make it again', async t => {
    await send('POST', filesets, { id: 'more', metadata: { old: true } })
    await upload(`${filesets}/more/files?id=old&metadata={"old":1}`, 'old')
    const answers = await inOneTurn(
      async () => await send('DELETE', `${filesets}/more`),
      async () => await send('POST', filesets, { id: 'more', metadata: { again: true } })
    )
    t.strictSame(statuses(answers), [204, 201])
    t.match(await send('GET', `${filesets}/more`), { status: 200, body: { files: 0 } })
    t.match((await send('GET', `${filesets}/more/metadata`)).body, { again: true, old: undefined })
    t.equal((await upload(`${filesets}/more/files?id=old`, 'new')).status, 201)
    t.strictSame((await send('GET', `${filesets}/more/files/old/metadata`)).body, {})
  })

  await t.test('put no file into a fileset that goes away', async t => {
    await send('POST', filesets, { id: 'gone' })
    const answers = await inOneTurn(
      async () => await upload(`${filesets}/gone/files?id=a`, 'a'),
      async () => await send('DELETE', `${filesets}/gone`),
      async () => await upload(`${filesets}/gone/files?id=b`, 'b')
    )
    t.strictSame(statuses(answers).slice(1), [204, 404])
    t.notOk((await readdir(join(root, 'plant'))).includes('gone'))
  })
})
