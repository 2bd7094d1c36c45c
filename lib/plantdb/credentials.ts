/**
 * What PlantDB's clients send as `Authorization`, in the form of RFC 6750: they leave the scheme out at times, and
 * without a token some send `Bearer None` or nothing behind the scheme.
 * @returns undefined for no credentials
 */
export function credentialsIn (header: string | undefined): string | undefined {
  const text = header?.trim() ?? ''
  if (/^(?:bearer)?(?: *none)?$/i.test(text)) return undefined
  return /\s/.test(text) ? text : `Bearer ${text}`
}
