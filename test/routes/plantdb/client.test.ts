import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { PASSWORD } from '../../support/app.js'
import { startLab, unfinished } from '../../support/datasets.js'
import { listen } from '../../support/raw-http.js'

interface Call { method?: string, json?: unknown, form?: FormData }

/** PlantDB's Python client as far as it speaks to the service: after a 401 it refreshes once and tries again. */
class Client {
  readonly #base: string
  #access: string | undefined
  #refresh: string | undefined
  refreshed = 0

  constructor (base: string) {
    this.#base = base
  }

  async #send (path: string, { method = 'GET', json, form }: Call): Promise<Response> {
    const headers = { ...(this.#access === undefined ? {} : { authorization: `Bearer ${this.#access}` }), ...(json === undefined ? {} : { 'content-type': 'application/json' }) }
    const body = form ?? (json === undefined ? undefined : JSON.stringify(json))
    return await fetch(this.#base + path, { method, headers, ...(body === undefined ? {} : { body }) })
  }

  async login (username: string, password: string): Promise<void> {
    const response = await this.#send('/login', { method: 'POST', json: { username, password } })
    this.#take(await response.json() as Record<string, string>)
  }

  #take (tokens: Record<string, string>): void {
    this.#access = tokens.access_token
    this.#refresh = tokens.refresh_token
  }

  async refreshTokens (): Promise<boolean> {
    const response = await this.#send('/token-refresh', { method: 'POST', json: { refresh_token: this.#refresh } })
    if (!response.ok) return false
    this.#take(await response.json() as Record<string, string>)
    this.refreshed++
    return true
  }

  async request (path: string, call: Call = {}): Promise<Response> {
    const response = await this.#send(path, call)
    if (response.status !== 401 || this.#refresh === undefined || !await this.refreshTokens()) return response
    return await this.#send(path, call)
  }

  /** The answer's document, or the sentence that refuses. */
  async json (path: string, call: Call = {}): Promise<any> {
    const response = await this.request(path, call)
    const body = await response.json() as { message: string }
    if (!response.ok) throw new Error(body.message)
    return body
  }
}

const formOf = (fields: Record<string, string>, name: string, data: string | ArrayBuffer, filename: string, type: string): FormData => {
  const form = new FormData()
  for (const [field, value] of Object.entries(fields)) form.set(field, value)
  form.set(name, new Blob([data], { type }), filename)
  return form
}

t.test('the client of PlantDB works as it is', async t => {
  const { app, createUser, clock } = await startLab(t)
  await createUser('scanner', { roles: ['contributor'] })
  const client = new Client(`http://127.0.0.1:${await listen(app)}`)
  await t.rejects(client.json('/scan/plant', { method: 'POST', json: {} }), /\w/)
  await client.login('scanner', PASSWORD)
  t.strictSame(await client.json('/scan/plant', { method: 'POST', json: { metadata: { species: 'Arabis' } } }), { message: 'Scan created successfully', id: 'plant' })

  clock.advance(1_000)
  t.equal((await client.json('/fileset/plant/images', { method: 'POST', json: { metadata: { channels: ['rgb'] } } })).id, 'images', 'an expired token is refreshed on the way')
  t.equal(client.refreshed, 1)

  const ids = Array.from({ length: 24 }, (_, i) => `${String(i).padStart(5, '0')}_rgb`)
  const queue = [...ids]
  await Promise.all(Array.from({ length: 4 }, async () => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const form = formOf({ ext: 'png', metadata: JSON.stringify({ channel: 'rgb', shot_id: id }) }, 'file', `picture ${id}`, `${id}.png`, 'image/png')
      await client.json(`/file/plant/images/${id}`, { method: 'POST', form })
    }
  }))
  t.strictSame((await client.json('/fileset/plant/images/files')).files.sort(), ids)
  t.equal(await (await client.request('/file/plant/images/00007_rgb')).text(), 'picture 00007_rgb')

  clock.advance(1_000)
  t.strictSame((await client.json('/scan/plant/metadata', { method: 'POST', json: { metadata: { done: true }, replace: false } })).metadata.done, true)
  t.equal(client.refreshed, 2)
  await t.rejects(client.json('/scan/plant', { method: 'POST', json: {} }), /scan of that id/)

  clock.advance(1_000)
  const archive = await (await client.request('/archive/plant')).arrayBuffer()
  const imported = await client.json('/archive/copy', { method: 'POST', form: formOf({}, 'zip_file', archive, 'copy.zip', 'application/zip') })
  t.ok(imported.files.includes('images/00007_rgb.png'))
  t.strictSame((await client.json('/scans?query=x')), ['copy', 'plant'])
  const [copy, plant] = await client.json('/scans_info?fuzzy=True')
  t.equal(copy.metadata.nbPhotos, 24)
  t.strictSame({ ...copy.images }, { ...plant.images })
  t.match((await client.json('/refresh')).message, 'with 2 scans')
  t.match((await client.json('/logout', { method: 'POST' })).message, 'Logout successful from scanner')
  t.equal((await client.request('/scan/plant')).status, 401)
})

t.test('it does so where nobody is asked who they are', async t => {
  const { app, clock } = await startLab(t, { AUTH: 'off' })
  const base = `http://127.0.0.1:${await listen(app)}`
  const [client, stranger] = [new Client(base), new Client(base)]
  t.strictSame(await client.json('/login?username=scanner'), { username: 'scanner', exists: true })
  await client.login('scanner', 'any password')
  t.match(await client.json('/token-validation', { method: 'POST' }), { user: { username: 'admin' } })
  t.strictSame(await client.json('/scan/plant', { method: 'POST', json: { metadata: { species: 'Arabis' } } }), { message: 'Scan created successfully', id: 'plant' })
  clock.advance(1_000)
  t.equal((await client.json('/fileset/plant/images', { method: 'POST', json: { metadata: {} } })).id, 'images', 'an expired token does not matter')
  t.equal(client.refreshed, 0)
  t.ok(await client.refreshTokens(), 'but can be refreshed')
  t.match(await client.json('/create-api-token', { method: 'POST', json: { token_exp: 3600, datasets: { plant: ['READ'] } } }), { api_token: /^eyJ/ })
  t.match((await client.json('/logout', { method: 'POST' })).message, 'Logout successful from admin')
  const form = formOf({ ext: 'png' }, 'file', 'picture', 'a.png', 'image/png')
  await stranger.json('/file/plant/images/a', { method: 'POST', form })
  t.strictSame((await client.json('/fileset/plant/images/files')).files, ['a'], 'and who does not sign in at all is served, too')
})

t.test('a large upload that is refused gets its answer', async t => {
  const { app, admin, join, createScan, root } = await startLab(t, { FILE_MAX_BYTES: String(2 ** 20), ARCHIVE_MAX_BYTES: String(2 ** 20) })
  await createScan('plant')
  const reader = await join('ada', 'reader')
  const base = `http://127.0.0.1:${await listen(app)}`
  const large = new ArrayBuffer(24 * 2 ** 20)
  const archive = (type = 'application/zip'): FormData => formOf({}, 'zip_file', large, 'x.zip', type)
  const file = (): FormData => formOf({ ext: 'txt' }, 'file', large, 'x.txt', 'text/plain')
  // Asks again where the machine is busy.
  const send = async (path: string, body: FormData, token?: string, patience = 40): Promise<number> => {
    const response = await fetch(base + path, { method: 'POST', body, headers: token === undefined ? {} : { authorization: `Bearer ${token}` } })
    if (patience === 0 || !(await response.text()).includes('"overloaded"')) return response.status
    await sleep(250)
    return await send(path, body, token, patience - 1)
  }
  t.equal(await send('/archive/new', archive()), 401)
  t.equal(await send('/archive/new', archive(), 'bad'), 401)
  t.equal(await send('/archive/new', archive(), reader), 403)
  t.equal(await send('/archive/plant', archive(), admin), 409)
  t.equal(await send('/archive/new', archive('text/plain'), admin), 400)
  t.equal(await send('/archive/new', archive(), admin), 413)
  t.equal(await send('/file/plant/images/a', file(), 'bad'), 401)
  t.equal(await send('/file/plant/images/a', file(), reader), 403)
  t.equal(await send('/file/plant/images/a', file(), admin), 404)
  t.equal(await send('/api/file', file(), admin), 413)
  t.strictSame(await unfinished(root), [])
})
