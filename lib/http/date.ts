const month = '(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)'
const time = String.raw`\d{2}:\d{2}:\d{2}`
const imfFixdate = new RegExp(String.raw`^[A-Z][a-z]{2}, \d{2} ${month} \d{4} ${time} GMT$`)
const rfc850 = new RegExp(String.raw`^[A-Z][a-z]{5,8}, \d{2}-${month}-\d{2} ${time} GMT$`)
const asctime = new RegExp(String.raw`^[A-Z][a-z]{2} ${month} [ \d]\d ${time} \d{4}$`)

/**
 * Reads one of the three forms of an HTTP date (RFC 9110 section 5.6.7).
 *
 * @returns milliseconds since 1970, or undefined for anything else, which recipients have to ignore
 */
export function httpDate (text: string): number | undefined {
  if (![imfFixdate, rfc850, asctime].some(form => form.test(text))) return undefined
  const date = Date.parse(asctime.test(text) ? `${text} GMT` : text)
  return Number.isNaN(date) ? undefined : date
}

/** The whole seconds of a time, which is all that an HTTP date can say; both in milliseconds. */
export const wholeSeconds = (milliseconds: number): number => Math.floor(milliseconds / 1000) * 1000
