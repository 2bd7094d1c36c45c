/** Offsets of the first and the last byte. */
export interface ByteRange { start: number, end: number }

const single = /^bytes=[ \t]*(?:(\d+)-(\d*)|-(\d+))[ \t]*$/i

const suffix = (size: number, length: number): ByteRange | 'outside' =>
  length === 0 ? 'outside' : { start: Math.max(0, size - length), end: size - 1 }

const bounded = (size: number, start: number, end: number): ByteRange | 'outside' =>
  start >= size ? 'outside' : { start, end: Math.min(end, size - 1) }

/**
 * The part of a content that a `Range` asks for (RFC 9110 section 14.1.2).
 *
 * @param size bytes of the whole content
 * @returns undefined for what may be answered with everything (section 14.2): several ranges, other units, what
 * is malformed, and an empty content, of which `Content-Range` cannot name a part
 */
export function rangeOf (header: string, size: number): ByteRange | 'outside' | undefined {
  const [, first, last, length] = single.exec(header) ?? []
  if (size === 0) return undefined
  if (length !== undefined) return suffix(size, Number(length))
  if (first === undefined || (last && Number(last) < Number(first))) return undefined
  return bounded(size, Number(first), last ? Number(last) : size - 1)
}
