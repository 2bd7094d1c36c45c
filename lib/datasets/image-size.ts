import { fail } from '../errors.js'

/** Sizes of a rendered preview: PlantDB's two names, or the pixels of the longest side. */
export type PreviewSize = 'thumb' | 'large' | number
/** Sizes in which a picture is asked for; `orig` is the file as it is stored. */
export type ImageSize = PreviewSize | 'orig'

const LARGEST = 4096
const named = { thumb: 150, large: 1500 } as const

/**
 * Reads the `size` of a query.
 * @param text `thumb` (also if there is none), `large`, `orig` or an integer of 1 to 4096 pixels
 * @throws `invalid_request`
 */
export function imageSize (text = 'thumb'): ImageSize {
  if (text === 'thumb' || text === 'large' || text === 'orig') return text
  if (/^[1-9]\d{0,3}$/.test(text) && Number(text) <= LARGEST) return Number(text)
  return fail('invalid_request', { errors: [{ path: '/querystring/size', message: `must be thumb, large, orig or 1 to ${LARGEST}` }] })
}

/** The pixels that the longest side may have. */
export const pixelsOf = (size: PreviewSize): number => typeof size === 'number' ? size : named[size]
