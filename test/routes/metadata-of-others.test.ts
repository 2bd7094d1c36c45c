import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { startLab, type Lab } from '../support/datasets.js'
import { plain, write } from '../lib/datasets/plantdb-folder.js'
import { documents, dumps, nameOf, stringText, styles, type Node, type Style } from '../support/python-json.js'

const raw = { 'content-type': 'application/json' }
const ODD = '{"object": {"height": NaN, "n": 1.0}, "time_ns": 1700000000123456789, "inf": [Infinity, -Infinity], "b": "\\u00e9"}'
const deep = `{"a": ${'['.repeat(200)}NaN${']'.repeat(200)}, "object": {"species": "fern"}}`
const textOf = (lab: Lab, path: string) => readFile(join(lab.root, path), 'utf8')

t.test('numbers that JSON has not hide nothing, and stay', async t => {
  const lab = await startLab(t, {}, async root => {
    await plain(root, 's')
    await write(join(root, 's'), { 'metadata/metadata.json': ODD, 'metadata/images.json': ODD, 'metadata/images/a.json': ODD, 'measures.json': '{"angles": [1, NaN]}' })
  })
  const { send, upload, bytes, app } = lab
  t.equal((await send('GET', '/v1/scans/s')).status, 200)
  t.strictSame((await send('GET', '/scans')).body, ['s'])
  t.strictSame(await app.datasets.doctor.mend(), [])
  for (const [url, path] of [['/v1/scans/s', 's/metadata/metadata.json'], ['/v1/scans/s/filesets/images', 's/metadata/images.json'], ['/v1/scans/s/filesets/images/files/a', 's/metadata/images/a.json']] as const) {
    const read = (await bytes(`${url}/metadata`)).data.toString()
    t.equal(read, '{"object":{"height":null,"n":1.0},"time_ns":1700000000123456789,"inf":[null,null],"b":"\\u00e9"}', 'valid, and with every digit')
    t.equal((await send('PATCH', `${url}/metadata`, { note: 'x' })).status, 200)
    t.ok((await textOf(lab, path)).startsWith(`${ODD.slice(0, -1)}, "note": "x"`), path)
    t.equal((await send('PUT', `${url}/metadata`, JSON.parse(read))).status, 200)
    t.ok((await textOf(lab, path)).startsWith(ODD.slice(0, -1)), 'what was read may be sent back')
    t.equal((await send('PATCH', `${url}/metadata`, Buffer.from('{"sent": 9007199254740993, "nan": NaN, "x": 1.0}'), raw)).status, 200)
    t.match(await textOf(lab, path), /"sent": 9007199254740993.*"nan": NaN.*"x": 1\.0/s, 'numbers arrive as they are sent')
    const key = await bytes(url.replace('/v1/scans/s/filesets/images/files', '/file/s/images').replace('/v1/scans/s/filesets', '/fileset/s').replace('/v1/scans', '/scan') + '/metadata?key=time_ns')
    t.equal(key.data.toString(), '{"metadata":1700000000123456789}')
  }
  t.match((await send('GET', '/v1/scans?query={"time_ns":1700000000123456789}')).body, { items: [{ id: 's' }] })
  t.match((await send('PATCH', '/v1/scans/s/metadata', Buffer.from('{"x": 1.0, "__proto__": {"a": NaN}}'), raw)).status, 400, 'names that change prototypes stay refused')

  const query = (metadata: string) => `metadata=${encodeURIComponent(metadata)}`
  t.equal((await upload(`/v1/scans/s/filesets/images/files?id=odd&${query(ODD)}`, 'x')).status, 201)
  t.match(await textOf(lab, 's/metadata/images/odd.json'), /"height": NaN.*"time_ns": 1700000000123456789/s)
  t.equal((await send('POST', '/scan/made', Buffer.from('{"metadata": {"t": 1700000000123456789}}'), raw)).status, 201)
  t.match(await textOf(lab, 'made/metadata/metadata.json'), /"t": 1700000000123456789/)

  t.equal((await send('POST', '/v1/scans/s/filesets', { id: 'CurveSkeleton' })).status, 201)
  t.equal((await send('POST', '/v1/scans/s/filesets', { id: 'AnglesAndInternodes' })).status, 201)
  t.equal((await upload('/v1/scans/s/filesets/CurveSkeleton/files?id=CurveSkeleton&ext=json', '{"points": [[NaN, 1.0]]}')).status, 201)
  t.equal((await upload('/v1/scans/s/filesets/AnglesAndInternodes/files?id=AnglesAndInternodes&ext=json', '{"angles": [NaN, 2]}')).status, 201)
  t.strictSame((await send('GET', '/skeleton/s')).body, { points: [[null, 1]] })
  t.match((await send('GET', '/sequence/s')).body, { angles: [null, 2], manual_angles: [1, null] })
})

t.test('what is nested too deeply hides nothing beside it, and is kept', async t => {
  const lab = await startLab(t, {}, async root => {
    await plain(root, 's')
    await write(join(root, 's'), { 'metadata/metadata.json': deep, 'metadata/images/a.json': deep })
  })
  const { send, bytes, app } = lab
  const read = await bytes('/v1/scans/s/metadata')
  t.equal(read.data.toString(), `{"a":${'['.repeat(99)}null${']'.repeat(99)},"object":{"species":"fern"}}`)
  const named = (await app.datasets.doctor.examine()).map(({ path, remedy }) => [path, remedy])
  t.strictSame(named, [['s/metadata/metadata.json', undefined], ['s/metadata/images/a.json', undefined]], 'the doctor names them')
  await app.datasets.doctor.mend()
  t.equal(await textOf(lab, 's/metadata/metadata.json'), deep, 'and leaves them')
  t.equal((await send('PATCH', '/v1/scans/s/metadata', { note: 'x' })).status, 200)
  t.equal((await send('PUT', '/v1/scans/s/metadata', JSON.parse(read.data.toString()))).status, 200)
  t.ok((await textOf(lab, 's/metadata/metadata.json')).startsWith(deep.slice(0, -1)))
  const { data } = await bytes('/v1/scans/s/archive')
  t.equal((await send('POST', '/v1/scans/copy/archive', data, { 'content-type': 'application/zip' })).status, 201)
  t.ok((await textOf(lab, 'copy/metadata/metadata.json')).startsWith(deep.slice(0, -1)))
})

type Members = Array<[string, Node]>
/** Members of other names than those that the service writes. */
const strange = (members: Members): Members => members.map(([name, value]) => [stringText(`x${nameOf(name)}`), value])
const partsOf = (members: Members, style: Style, level: number): string[] => members.map(([name, value]) => `${name}${style.colon}${dumps(value, style, level)}`)

const holdsAll = (text: string, parts: string[]): boolean => {
  let from = 0
  return parts.every(part => {
    const at = text.indexOf(part, from)
    from = at + part.length
    return at !== -1
  })
}

t.test('whatever is done to a scan, members that it does not concern stay byte for byte', async t => {
  const samples = fc.sample(documents.map(({ members }) => strange(members)), 12)
  const lab = await startLab(t, {}, async root => {
    for (const [i, members] of samples.entries()) {
      const style = styles[i % styles.length]!
      const files: Node = { items: ['a', 'b'].map(id => ({ members: [...members, ['"file"', `"${id}.txt"`], ['"id"', `"${id}"`]] })) }
      await plain(root, `s${i}`)
      await write(join(root, `s${i}`), {
        'files.json': dumps({ members: [...members, ['"filesets"', { items: [{ members: [['"id"', '"images"'], ...members, ['"files"', files]] }] }]] }, style),
        'metadata/metadata.json': dumps({ members: [['"visibility"', '"public"'], ...members] }, style),
        'metadata/images/a.json': dumps({ members }, style)
      })
    }
  })
  const { send, upload, bytes } = lab
  await send('POST', '/v1/groups', { name: 'lab' })
  for (const [i, members] of samples.entries()) {
    const style = styles[i % styles.length]!
    const url = `/v1/scans/s${i}`
    const check = async (scan: string, what: string, deleted = false): Promise<void> => {
      const listing = await textOf(lab, `${scan}/files.json`)
      const entry = partsOf(members, style, 5)
      const expected = [...partsOf(members, style, 1), ...partsOf(members, style, 3), ...entry, ...(deleted ? [] : entry)]
      if (!holdsAll(listing, expected)) t.fail(`${what}: files.json`, { listing, expected })
      const metadata = await textOf(lab, `${scan}/metadata/metadata.json`)
      if (!holdsAll(metadata, partsOf(members, style, 1))) t.fail(`${what}: metadata`, { metadata, members })
    }
    const does = async (status: number, method: string, path: string, body?: unknown): Promise<void> => {
      const answer = await send(method, url + path, body)
      if (answer.status !== status) t.fail(`${method} ${path}`, answer)
      await check(`s${i}`, `${method} ${path}`, method === 'DELETE')
    }
    await does(200, 'PATCH', '/metadata', { note: { new: 1 } })
    await does(200, 'PUT', '/sharing', { groups: ['lab'], visibility: 'private' })
    t.equal((await upload(`${url}/filesets/images/files?id=c&ext=txt`, 'c')).status, 201)
    await does(201, 'POST', '/filesets', { id: 'more' })
    const { data } = await bytes(`${url}/archive`)
    t.equal((await send('POST', `/v1/scans/copy${i}/archive`, data, { 'content-type': 'application/zip' })).status, 201)
    await check(`copy${i}`, 'archive')
    const stored = await textOf(lab, `s${i}/metadata/images/a.json`)
    t.equal(stored, await textOf(lab, `copy${i}/metadata/images/a.json`))
    await does(204, 'DELETE', '/filesets/images/files/a')
    t.equal((await send('GET', `${url}/filesets`)).body.items.length, 2)
  }
})
