import type { Account } from '../accounts/account.js'
import type { PasswordPrincipal } from './authorize.js'
import { scopeText, type ScopesOf } from './scopes.js'

/** A user name and a password out of a header. */
export interface BasicCredentials { username: string, password: string }

const HEADER = /^basic +([A-Za-z0-9+/]+={0,2})$/i
const LONGEST = 4096
/** RFC 7617 section 2: neither part holds one. */
const CONTROL = /\p{Cc}/u

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** What `Authorization: Basic` says (RFC 7617, in UTF-8), or undefined if it says nothing of that form. */
export function basicCredentials (header: string | undefined): BasicCredentials | undefined {
  const [, encoded] = HEADER.exec((header ?? '').slice(0, LONGEST)) ?? []
  const text = encoded === undefined ? undefined : decoded(encoded)
  // The first colon ends the name; the password may hold others.
  const [, username, password] = /^([^:]+):(.+)$/s.exec(text ?? '') ?? []
  return username === undefined || password === undefined || CONTROL.test(username + password) ? undefined : { username, password }
}

function decoded (base64: string): string | undefined {
  try {
    return utf8.decode(Buffer.from(base64, 'base64'))
  } catch {
    return undefined
  }
}

interface Parts {
  authenticate: (username: string, password: string, address: string) => Promise<Account>
  /** The account of an id as it is now; undefined if there is none. */
  find: (id: string) => Promise<Account | undefined>
  scopesOf: ScopesOf
  /** Milliseconds since the epoch. */
  now: () => number
}

/**
 * Who calls with a name and a password. It opens no session and has all that the account may have; the
 * password was proved just now, so it is fresh.
 * @throws like `Accounts.authenticate`
 */
export function createBasic ({ authenticate, find, scopesOf, now }: Parts) {
  const identify = async ({ username, password }: BasicCredentials, address: string): Promise<PasswordPrincipal> =>
    principalOf(await authenticate(username, password, address), () => identify({ username, password }, address))

  /** @param prove looks at the password anew */
  const principalOf = (account: Account, prove: () => Promise<PasswordPrincipal>): PasswordPrincipal => {
    const allowed = scopesOf(account)
    const time = Math.floor(now() / 1000)
    return {
      kind: 'basic',
      account,
      session: '',
      transport: 'bearer',
      scope: scopeText(allowed),
      issued: time,
      authTime: time,
      fresh: true,
      may: scope => allowed.has(scope),
      again: async () => {
        const present = await find(account.id)
        return present?.active && present.password === account.password ? principalOf(present, prove) : await prove()
      }
    }
  }

  return identify
}
