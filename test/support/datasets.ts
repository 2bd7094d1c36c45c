import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { start, type Answer, type Running } from './app.js'

export const digestOf = (data: string | Buffer): string => createHash('sha256').update(data).digest('base64')
export const contentDigest = (data: string | Buffer): string => `sha-256=:${digestOf(data)}:`

/** A service that may be looked behind: `root` is its folder of data sets, alone in a folder of its own. */
export interface Lab extends Running {
  root: string
  admin: string
  /** Calls as admin. */
  send: (method: string, url: string, body?: unknown, headers?: Record<string, string>) => Promise<Answer>
  /** Calls with the bytes of a file as body. */
  upload: (url: string, data: string | Buffer, headers?: Record<string, string>, method?: string) => Promise<Answer>
  /** The token of a new account. */
  join: (username: string, ...roles: string[]) => Promise<string>
  createScan: (id: string, more?: Record<string, unknown>) => Promise<Answer['body']>
  /** A scan with the fileset `images`, and in it files of these names and contents. */
  createFiles: (scan: string, files: Record<string, string | Buffer>) => Promise<void>
  /** The bytes of an answer. */
  bytes: (url: string, headers?: Record<string, string>) => Promise<{ status: number, headers: Record<string, unknown>, data: Buffer }>
}

/** @param prepare makes the folder ready before the service starts */
export async function startLab (t: Test, env: Record<string, string> = {}, prepare: (root: string) => Promise<void> = async () => {}): Promise<Lab> {
  const parent = await mkdtemp(join(tmpdir(), 'guardcell-data-'))
  t.teardown(() => rm(parent, { recursive: true, force: true }))
  const root = env.DATA_DIR ?? join(parent, 'datasets')
  await mkdir(root, { recursive: true })
  await prepare(root)
  const running = await start(t, { ...env, DATA_DIR: root })
  const { call, login, createUser, app } = running
  const { access_token: admin } = await login('admin')

  const send: Lab['send'] = (method, url, body, headers) => call(method, url, { token: admin, ...(body === undefined ? {} : { body }), ...(headers ? { headers } : {}) })
  const upload: Lab['upload'] = (url, data, headers = {}, method = 'POST') => send(method, url, Buffer.from(data as string), { 'content-type': 'application/octet-stream', ...headers })
  const demand = (answer: Answer, status: number): Answer['body'] => {
    if (answer.status !== status) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const createScan: Lab['createScan'] = async (id, more = {}) => demand(await send('POST', '/v1/scans', { id, ...more }), 201)

  return {
    ...running,
    root,
    admin,
    send,
    upload,
    join: async (username, ...roles) => {
      await createUser(username, { roles: roles.length > 0 ? roles : ['contributor'] })
      return (await login(username)).access_token
    },
    createScan,
    createFiles: async (scan, files) => {
      await createScan(scan)
      demand(await send('POST', `/v1/scans/${scan}/filesets`, { id: 'images' }), 201)
      for (const [name, data] of Object.entries(files)) {
        const [, id = name, ext] = /^(.*)\.([^.]*)$/.exec(name) ?? []
        demand(await upload(`/v1/scans/${scan}/filesets/images/files?id=${id}${ext === undefined ? '' : `&ext=${ext}`}`, data), 201)
      }
    },
    bytes: async (url, headers = {}) => {
      const response = await app.inject({ url, headers: { authorization: `Bearer ${admin}`, ...headers } })
      return { status: response.statusCode, headers: response.headers, data: response.rawPayload }
    }
  }
}

export interface Part { name: string, value: string | Buffer, filename?: string, type?: string }

const BOUNDARY = 'a-boundary-of-the-tests'

/** A form with its header (RFC 7578). */
export function multipart (...parts: Part[]): { body: Buffer, headers: Record<string, string> } {
  const pieces = parts.flatMap(({ name, value, filename, type }) => [
    `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"${filename === undefined ? '' : `; filename="${filename}"`}\r\n${filename === undefined ? '' : `Content-Type: ${type ?? 'application/octet-stream'}\r\n`}\r\n`,
    value,
    '\r\n'
  ])
  const body = Buffer.concat([...pieces, `--${BOUNDARY}--\r\n`].map(piece => Buffer.from(piece as string)))
  return { body, headers: { 'content-type': `multipart/form-data; boundary=${BOUNDARY}` } }
}

/** A part with a file. */
export const filePart = (filename: string, value: string | Buffer): Part => ({ name: 'file', value, filename })

/** All that is in a folder: kind and content of each path. Links are not followed. */
export async function everythingIn (folder: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {}
  // Without a promise for each step, because it is asked for after every call of some tests.
  const look = (path: string): void => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true }).sort((a, b) => a.name < b.name ? -1 : 1)) {
      const below = join(path, entry.name)
      if (entry.isDirectory()) {
        found[`${below}/`] = 'folder'
        look(below)
      } else if (entry.isSymbolicLink()) {
        found[below] = `-> ${readlinkSync(join(folder, below))}`
      } else {
        const data = readFileSync(join(folder, below))
        found[below] = `${data.length} ${digestOf(data)}`
      }
    }
  }
  look('')
  return found
}

/** The same without what the service notes down for itself, which it tidies up when it likes. */
export const everythingOfUsers = async (folder: string): Promise<Record<string, string>> =>
  Object.fromEntries(Object.entries(await everythingIn(folder)).filter(([path]) => !/(^|\/)\.guardcell\/(journal|index\.jsonl)/.test(path)))

/** The files that somebody has begun and not finished. */
export async function unfinished (root: string): Promise<string[]> {
  const tmp = join(root, '.guardcell', 'tmp')
  const replicas = await readdir(tmp)
  return (await Promise.all(replicas.map(async replica => await readdir(join(tmp, replica)).catch(() => [])))).flat()
}

/** Writes a scan without filesets into the folder of the data sets, as another tool would. */
export async function writeScan (root: string, id: string, metadata: object): Promise<void> {
  await mkdir(join(root, id, 'metadata'), { recursive: true })
  await writeFile(join(root, id, 'files.json'), '{"filesets": []}')
  await writeFile(join(root, id, 'metadata', 'metadata.json'), JSON.stringify(metadata))
}
