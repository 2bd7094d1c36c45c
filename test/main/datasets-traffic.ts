import { content, jsonOf, sha256, type Answer, type Send } from './datasets-client.js'
import type { Changes, Ledger, Value } from './ledger.js'

interface Traffic {
  send: Send
  ledger: Ledger
  /** Names that only this client uses begin so. */
  name: string
  /** Not only uploads, but every kind of change. */
  mixed: boolean
  isOver: () => boolean
}

const pick = <T>(all: readonly T[]): T | undefined => all[Math.floor(Math.random() * all.length)]

/**
 * Changes data sets as fast as it can, over one connection, and keeps a ledger of it. Begins with the scan `plant` and its fileset `images`.
 * @returns the answers that it did not want
 */
export async function makeTraffic ({ send, ledger, name, mixed, isOver }: Traffic): Promise<string[]> {
  const surprises: string[] = []
  let count = 0
  const next = (): string => `${name}-${++count}`

  const change = async (method: string, path: string, body: Buffer | object | undefined, changes: Changes): Promise<void> => {
    const isDone = ({ status }: Answer): boolean => status < 300
    const answer = await ledger.change(changes, () => send(method, path, body), isDone)
    if (!isDone(answer)) surprises.push(`${method} ${path}: ${answer.status} ${answer.body.toString()}`)
  }
  const mine = (beginning: string): string[] => ledger.there.filter(key => key.startsWith(`${beginning}/${name}-`) && !key.includes('#'))
  const upload = async (fileset: string): Promise<void> => {
    const [id, data] = [next(), content()]
    const path = `${fileset}/files/${id}`
    const query = mixed && count % 3 === 0 ? `&metadata={"${name}":${count}}` : ''
    await change('POST', `${fileset}/files?id=${id}&ext=bin${query}`, data, new Map([[path, sha256(data)], ...(query === '' ? [] : [[`${path}/metadata#${name}`, String(count)] as const])]))
  }
  const replace = async (): Promise<void> => {
    const path = pick(mine('/plant/filesets/images/files'))
    const data = content()
    if (path) await change('PUT', path, data, new Map([[path, sha256(data)]]))
  }
  const remove = async (path: string | undefined): Promise<void> => {
    if (path) await change('DELETE', path, undefined, new Map(ledger.under(path).filter(key => /^(?:[/#]|$)/.test(key.slice(path.length))).map(key => [key, null])))
  }
  const describe = async (): Promise<void> => {
    const path = pick(['/plant', '/plant/filesets/images', ...mine('/plant/filesets/images/files')])
    await change('PATCH', `${path}/metadata`, { [name]: ++count }, new Map([[`${path}/metadata#${name}`, String(count)]]))
  }
  const makeFileset = async (scan: string): Promise<void> => {
    const id = next()
    await change('POST', `${scan}/filesets`, { id }, new Map([[`${scan}/filesets/${id}`, 'there']]))
    for (let i = 0; i < 3 && !isOver(); i++) await upload(`${scan}/filesets/${id}`)
  }
  const makeScan = async (): Promise<void> => {
    const id = next()
    await change('POST', '', { id }, new Map([[`/${id}`, 'there']]))
    await makeFileset(`/${id}`)
  }

  const acts = [
    replace, replace,
    async () => await remove(pick(mine('/plant/filesets/images/files'))),
    describe, describe,
    async () => await makeFileset('/plant'),
    async () => await remove(pick(mine('/plant/filesets').filter(path => path.split('/').length === 4))),
    makeScan,
    async () => await remove(pick(mine('').filter(path => path.split('/').length === 2)))
  ]
  while (!isOver()) {
    await upload('/plant/filesets/images')
    if (mixed) await pick(acts)?.()
  }
  return surprises
}

/** What a service says of an entry of the ledger: the digest of a file, a member of metadata (after `#`), or that it is there. */
export async function find (send: Send, key: string): Promise<Value> {
  const [path = '', member] = key.split('#')
  const answer = await send('GET', path)
  if (answer.status === 404) return null
  if (answer.status !== 200) return `${answer.status} ${jsonOf(answer).code}`
  if (member !== undefined) return jsonOf(answer)[member]?.toString() ?? null
  if (!/\/files\/[^/]+$/.test(path)) return 'there'
  const digest = sha256(answer.body)
  return answer.headers['content-digest'] === `sha-256=:${digest}:` ? digest : `${digest} called ${answer.headers['content-digest']?.toString()}`
}
