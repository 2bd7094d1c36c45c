import { timingSafeEqual } from 'node:crypto'
import { fail } from '../errors.js'
import { keyedHash } from '../keys/hash.js'
import { judgeSource, type Source } from './origin.js'

/** A call that came with cookies. */
export interface Call extends Source {
  method: string
  /** The origin under which the browser reaches us. */
  own: string | undefined
  /** What is in the readable cookie and in X-CSRF-Token. */
  cookie: string | undefined
  header: string | undefined
}

/** Keeps other sites from acting with the cookies of whoever looks at them. */
export interface Guard {
  /** What a page has to show to act for a session. */
  tokenOf: (session: string) => string
  /** @throws `csrf_failed` if a page that may not use cookies wants to sign somebody in */
  admitLogin: (call: Pick<Call, 'origin' | 'fetchSite' | 'own'>) => void
  /** The same of a page that acts with the name and password that a browser keeps and adds by itself, as it does cookies */
  admitPassword: (call: Pick<Call, 'method' | 'origin' | 'fetchSite' | 'own'>) => void
  /** @throws `csrf_failed` unless the call may act for the session */
  admit: (call: Call, session: string) => void
}

/** RFC 9110 section 9.2.1. */
const safe = new Set(['GET', 'HEAD', 'OPTIONS'])

const refuse = (header: string, message: string): never => fail('csrf_failed', { errors: [{ path: `/headers/${header}`, message }] })
const foreign = (): never => refuse('origin', 'is not that of a page that may use cookies here')

/**
 * @param parts.keys of all secrets that are known, that in use first
 * @param parts.listed origins besides our own whose pages may use cookies
 */
export function createGuard ({ keys, listed }: { keys: () => readonly Buffer[], listed: ReadonlySet<string> }): Guard {
  // Bound to the session, so that a cookie planted by a neighbouring host proves nothing.
  const tokenOf = keyedHash(keys)

  const admitLogin: Guard['admitLogin'] = call => { if (judgeSource(call, call.own, listed) === 'foreign') foreign() }

  return {
    tokenOf,

    admitLogin,

    admitPassword: call => { if (!safe.has(call.method)) admitLogin(call) },

    admit: (call, session) => {
      if (safe.has(call.method)) {
        // A link or a picture says nothing; a script of another origin says so, and has no business here.
        if (call.origin !== undefined && judgeSource(call, call.own, listed) !== 'allowed') foreign()
        return
      }
      if (judgeSource(call, call.own, listed) !== 'allowed') foreign()
      const expected = tokenOf.all(session)
      if (!same(call.header, expected)) refuse('x-csrf-token', 'is not the token of the session')
      if (!same(call.cookie, expected)) refuse('cookie', 'does not hold the token of the session')
    }
  }
}

const same = (shown: string | undefined, expected: readonly string[]): boolean => expected.some(text => {
  const [a, b] = [Buffer.from(shown ?? ''), Buffer.from(text)]
  return a.length === b.length && timingSafeEqual(a, b)
})
