import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { fail, Problem } from '../errors.js'
import { demandContent, type Arrived, type Upload, type Wrapping } from '../datasets/upload.js'
import { wantedDigest } from './digest.js'
import { isHeldBack } from './expectation.js'

/** One part of a multipart body (RFC 7578), as its parser hands it over; `encoding` is its Content-Transfer-Encoding. */
export type Part = { encoding: string } & (
  | { type: 'file', fieldname: string, filename?: string | undefined, mimetype: string, file: Readable }
  | { type: 'field', fieldname: string, value: unknown })

const matching = (wanted: string | undefined, digest: string): void => {
  if (wanted !== undefined && wanted !== digest) fail('digest_mismatch')
}

/** Gives a client up that has sent nothing for `pause` milliseconds, at the next look. */
async function withoutPauses<T> (raw: IncomingMessage, pause: number, work: () => Promise<T>): Promise<T> {
  let seen = -1
  const timer = setInterval(() => {
    if (raw.socket.bytesRead === seen) raw.destroy()
    seen = raw.socket.bytesRead
  }, pause)
  try {
    return await work()
  } finally {
    clearInterval(timer)
  }
}

/** A body that is the file itself. @param pause the longest that the client may pause, milliseconds */
export const rawUpload = (raw: IncomingMessage, pause: number): Upload => ({
  take: async (sink, accept) => {
    accept?.({ part: '', filename: undefined, mediaType: raw.headers['content-type'] ?? '' })
    const wanted = wantedDigest(raw.headers['content-digest']?.toString())
    const received = await withoutPauses(raw, pause, () => sink(raw, Number(raw.headers['content-length'] ?? 0)))
    matching(wanted, received.digest)
    // A stream that was read to its end before it was sent again looks like an empty file; nobody says so of one.
    if (wanted === undefined && raw.headers['content-length'] !== '0') demandContent(received)
    return { received, fields: {}, filename: undefined }
  }
})

/** `Content-Digest` is of the whole body, not of the file in it (RFC 9530 section 2). */
function hashOf (raw: IncomingMessage, wanted: string | undefined): () => string {
  if (wanted === undefined) return () => ''
  const hash = createHash('sha256')
  raw.on('data', (chunk: Buffer) => hash.update(chunk))
  return () => hash.digest('base64')
}

/** Waits for work, unless the client goes away: between two parts of a form the parser would wait for ever. */
async function whileThere<T> (raw: IncomingMessage, work: () => Promise<T>): Promise<T> {
  if (raw.destroyed) return fail('upload_incomplete')
  const left = new Promise<never>((_resolve, reject) => {
    raw.once('close', () => { if (!raw.complete) reject(new Problem('upload_incomplete')) })
  })
  return await Promise.race([work(), left])
}

const INCOMPLETE = 'must be a complete multipart/form-data body'
const refuse = (message: string, cause?: unknown): never => fail('invalid_request', { errors: [{ path: '', message }], cause })

/** Parts are taken as they are, so that one in a coding would not be what it is taken for (RFC 7578 section 4.7). */
function demandPlain ({ fieldname, encoding }: Part): void {
  if (['7bit', '8bit', 'binary'].includes(encoding)) return
  fail('unsupported_media_type', { errors: [{ path: `/${fieldname}`, message: 'must have no Content-Transfer-Encoding' }] })
}

/** Looks at a file before it is read; one that is refused is passed over, so that the parser comes to its end. */
function admit (found: Extract<Part, { type: 'file' }>, accept: (wrapping: Wrapping) => void): void {
  const { fieldname: part, filename, mimetype: mediaType, file } = found
  try {
    demandPlain(found)
    accept({ part, filename, mediaType })
  } catch (error) {
    file.resume()
    throw error
  }
}

/** The one file and the texts of a multipart body. */
async function collect (parts: AsyncIterable<Part>, sink: Parameters<Upload['take']>[0], accept: (wrapping: Wrapping) => void): Promise<Arrived> {
  const fields: Record<string, string> = {}
  let found: Pick<Arrived, 'received' | 'filename'> | undefined
  for await (const part of parts) {
    if (part.type === 'field') {
      demandPlain(part)
      fields[part.fieldname] = String(part.value)
    } else {
      admit(part, found ? () => refuse('must hold one file, not several') : accept)
      found = { received: await sink(part.file), filename: part.filename }
      demandContent(found.received)
    }
  }
  return found ? { ...found, fields } : refuse('must hold a file')
}

/** A multipart body. @param parts begins to read the body when it is called */
export const multipartUpload = (raw: IncomingMessage, pause: number, parts: () => AsyncIterable<Part>): Upload => ({
  take: async (sink, accept = () => {}) => {
    const wanted = wantedDigest(raw.headers['content-digest']?.toString())
    // The parser would say so once it reads.
    if (!/;\s*boundary\s*=\s*[^\s;]/i.test(raw.headers['content-type'] ?? '')) return refuse(INCOMPLETE)
    try {
      const incoming = parts()
      const digest = hashOf(raw, wanted)
      const arrived = await withoutPauses(raw, pause, () => whileThere(raw, () => collect(incoming, sink, accept)))
      if (wanted !== undefined) matching(wanted, digest())
      return arrived
    } catch (error) {
      // What is left of the body is read and dropped: else client and server would wait for each other. A body that
      // was not asked for stays where it is.
      if (!isHeldBack(raw)) raw.unpipe().resume()
      if (error instanceof Problem) throw error
      if (raw.destroyed && !raw.complete) throw new Problem('upload_incomplete', { cause: error })
      // The sink throws problems only; all else is the parser, whose errors have no status or one of its own.
      return refuse(INCOMPLETE, error)
    }
  }
})
