import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { request, type IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const CHUNK = 1 << 20

/** Bytes that are made as they are read, and their digest once all of them were. */
export interface Flow { bytes: number, stream: Readable, digest: () => string }

/** Bytes that nothing can pack, each chunk another. */
export function flow (bytes: number): Flow {
  const hash = createHash('sha256')
  const chunk = randomBytes(CHUNK)
  const chunks = function * () {
    for (let left = bytes; left > 0; left -= CHUNK) {
      const part = Buffer.from(chunk.subarray(0, Math.min(left, CHUNK)))
      part.writeUInt32BE(left % 2 ** 32)
      hash.update(part)
      yield part
    }
  }
  return { bytes, stream: Readable.from(chunks(), { objectMode: false, highWaterMark: CHUNK }), digest: () => hash.digest('base64') }
}

/** The same as the file of a form. */
export function formOf (file: Flow, fields: Record<string, string>): { type: string, bytes: number, stream: Readable } {
  const boundary = 'a-boundary-of-the-tests'
  const part = (disposition: string): string => `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n`
  const head = `${Object.entries(fields).map(([name, value]) => `${part(`name="${name}"`)}${value}\r\n`).join('')}${part('name="file"; filename="large.bin"')}`
  const tail = `\r\n--${boundary}--\r\n`
  const all = async function * () {
    yield Buffer.from(head)
    yield * file.stream as AsyncIterable<Buffer>
    yield Buffer.from(tail)
  }
  return { type: `multipart/form-data; boundary=${boundary}`, bytes: head.length + file.bytes + tail.length, stream: Readable.from(all(), { objectMode: false, highWaterMark: CHUNK }) }
}

interface Sending { token: string, type?: string, bytes?: number, stream?: Readable, headers?: Record<string, string> }

/** Calls a service with a stream. @returns its answer, of which nothing was read */
export async function streamTo (method: string, url: string, { token, type = 'application/octet-stream', bytes, stream, headers = {} }: Sending): Promise<IncomingMessage> {
  const sent = request(url, {
    method,
    agent: false,
    headers: { authorization: `Bearer ${token}`, ...(stream ? { 'content-type': type, 'content-length': bytes } : {}), ...headers }
  })
  const answered = once(sent, 'response') as Promise<[IncomingMessage]>
  if (stream) await pipeline(stream, sent)
  else sent.end()
  const [response] = await answered
  return response
}

/** Reads an answer to its end. */
export async function readThrough (response: IncomingMessage): Promise<{ status: number | undefined, bytes: number, digest: string, tail: Buffer }> {
  const hash = createHash('sha256')
  let bytes = 0
  let tail: Buffer = Buffer.alloc(0)
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    hash.update(chunk)
    tail = Buffer.concat([tail, chunk]).subarray(-1000)
  }
  return { status: response.statusCode, bytes, digest: hash.digest('base64'), tail }
}

const memory = async (pid: number, key: 'VmRSS' | 'VmHWM'): Promise<number> =>
  Number(new RegExp(`^${key}:\\s+(\\d+) kB$`, 'm').exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024

/** By how much (MiB) the memory of a process rises at most above what it had before some work. */
export async function riseOf (pid: number, work: () => Promise<unknown>): Promise<number> {
  const before = await memory(pid, 'VmRSS')
  // The greatest size is counted from here on (proc_pid_clear_refs(5)).
  await writeFile(`/proc/${pid}/clear_refs`, '5')
  await work()
  return await memory(pid, 'VmHWM') - before
}
