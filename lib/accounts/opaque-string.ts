/**
 * The one form of a password in which it is hashed and counted: NFC, with a plain space for every other one (the profile
 * OpaqueString, RFC 8265 section 4.2). Systems type the same letter as one code point or as two.
 */
export const opaqueString = (password: string): string => password.replace(/\p{Zs}/gu, ' ').normalize('NFC')
