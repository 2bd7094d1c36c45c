import type { Readable } from 'node:stream'
import { fail } from '../errors.js'
import type { Received } from './receive.js'

/** How a file comes along, as the client says it: `part` is its name in a form, or '' if it is the body itself. */
export interface Wrapping { part: string, filename: string | undefined, mediaType: string }

/** A file on its way in, with what was said of it; how it is wrapped is not our concern. */
export interface Upload {
  /**
   * Hands the content of the one file on and waits for all of the request.
   * @param sink is also told how many bytes the content has, where that is known before it is read
   * @param accept throws to refuse the file before anything of it is read
   * @throws `invalid_request`, `upload_incomplete`, `upload_empty`, `digest_mismatch`
   */
  take: (sink: (content: Readable, announced?: number) => Promise<Received>, accept?: (wrapping: Wrapping) => void) => Promise<Arrived>
}

export interface Arrived {
  received: Received
  /** What came beside it as text. */
  fields: Partial<Record<string, string>>
  /** The name that the client's file had. */
  filename: string | undefined
}

/** Refuses an empty file where one with something in it was meant. @throws `upload_empty` */
export function demandContent ({ bytes }: Received): void {
  if (bytes === 0) fail('upload_empty')
}
