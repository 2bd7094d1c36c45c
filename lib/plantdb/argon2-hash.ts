const PHC = /^\$argon2(?:id|i|d)\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$[A-Za-z0-9+/]{11,86}\$[A-Za-z0-9+/]{22,86}$/

const MOST_KIB = 1024 * 1024
const MOST_PASSES = 20
const MOST_LANES = 64

/**
 * Whether a text is an Argon2 hash in PHC form that can be verified here: a login must neither fail on it
 * (RFC 9106 section 3.1 asks for 8 KiB per lane) nor take the memory and the time of everybody else.
 */
export function isUsableHash (text: string): boolean {
  const found = PHC.exec(text)
  if (!found) return false
  const [memory, passes, lanes] = found.slice(1).map(Number) as [number, number, number]
  return lanes >= 1 && lanes <= MOST_LANES && passes >= 1 && passes <= MOST_PASSES && memory >= 8 * lanes && memory <= MOST_KIB
}
