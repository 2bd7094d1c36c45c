import t from 'tap'
import { field, sendForm } from '../../support/plantdb.js'
import { filePart, startLab } from '../../support/datasets.js'

t.test('a refusal says in its message what is wrong', async t => {
  const { call, admin, createFiles } = await startLab(t)
  await createFiles('plant', {})
  const send = (...parts: Parameters<typeof sendForm>[3][]) => sendForm(call, '/file/plant/images/a', admin, ...parts)
  for (const [parts, reason] of [
    [[field('ext', 'exe'), filePart('a.exe', 'x')], 'ext'],
    [[field('ext', 'txt'), field('metadata', 'no JSON'), filePart('a.txt', 'x')], 'metadata']
  ] as const) {
    const { status, body } = await send(...parts)
    t.equal(status, 400)
    t.match(body.message, new RegExp(`: /${reason} must be`), reason)
    t.ok(body.errors.length > 0)
  }
  const { body: path } = await call('POST', '/files/plant', { token: admin, body: Buffer.from('x'), headers: { 'content-type': 'application/octet-stream', 'x-file-path': '.hidden' } })
  t.match(path.error, /: \/path must be/)
  t.equal(path.error, path.message)
  const { body } = await call('GET', '/scans/none', { token: admin })
  t.equal(body.message, body.detail, 'where there is nothing more to say, it is the sentence')
})
