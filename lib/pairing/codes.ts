import type { KeyedHash } from '../keys/hash.js'

/** Letters that are not taken for one another and make no words (RFC 8628 section 6.1). */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ'
const LENGTH = 8

const USER_CODE = new RegExp(`^[${LETTERS}]{${LENGTH}}$`)
const DEVICE_CODE = /^([A-Za-z0-9_-]{43})\.[A-Za-z0-9_-]{44}$/

/** The codes of pairings; only keyed hashes of them are kept. */
export interface Codes {
  /** @returns as it is shown, `XXXX-XXXX`: 34 bits */
  newUserCode: () => string
  /** The user code that somebody typed, as it is shown; undefined if it cannot be one. */
  readUserCode: (typed: string) => string | undefined
  /** The name of a new pairing that has this user code. */
  pairingOf: (userCode: string) => string
  /** All names that the pairing with this user code may have, the likeliest first. */
  pairingsOf: (userCode: string) => string[]
  /** @returns the name of its pairing, for the look-up, and 264 random bits */
  newDeviceCode: (pairing: string) => string
  /** What a device code names and the hashes of which one proves it; undefined if it cannot be one. */
  readDeviceCode: (code: string, client: string) => { pairing: string, hashes: string[] } | undefined
  /** What proves a device code of a client; of another client it proves nothing. */
  hash: (deviceCode: string, client: string) => string
}

interface Parts {
  hash: KeyedHash
  /** 132 random bits as 22 letters. */
  randomId: () => string
  /** @returns a random integer from 0 to below `limit` */
  randomInt: (limit: number) => number
}

const shown = (letters: string): string => `${letters.slice(0, LENGTH / 2)}-${letters.slice(LENGTH / 2)}`

export function createCodes ({ hash: keyed, randomId, randomInt }: Parts): Codes {
  const ofUserCode = (userCode: string): string => `pairing|user code|${userCode}`
  const ofDeviceCode = (deviceCode: string, client: string): string => `pairing|device code|${client}|${deviceCode}`
  return {
    newUserCode: () => shown(Array.from({ length: LENGTH }, () => LETTERS[randomInt(LETTERS.length)]).join('')),
    readUserCode: typed => {
      const letters = typed.toUpperCase().replace(/[^\p{L}\p{N}]/gu, '')
      return USER_CODE.test(letters) ? shown(letters) : undefined
    },
    pairingOf: userCode => keyed(ofUserCode(userCode)),
    pairingsOf: userCode => keyed.all(ofUserCode(userCode)),
    newDeviceCode: pairing => `${pairing}.${randomId()}${randomId()}`,
    readDeviceCode: (code, client) => {
      const pairing = DEVICE_CODE.exec(code)?.[1]
      return pairing === undefined ? undefined : { pairing, hashes: keyed.all(ofDeviceCode(code, client)) }
    },
    hash: (deviceCode, client) => keyed(ofDeviceCode(deviceCode, client))
  }
}
