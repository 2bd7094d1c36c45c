import type { ErrorCode } from '../error-catalogue.js'
import { fail, Problem } from '../errors.js'
import type { Report } from '../events.js'
import type { Kept, LinkFacts, LinkStore } from './store.js'
import { newToken, type LinkHashes, type LinkKind } from './token.js'

/** A link that was just made; `id` tells it from others and opens nothing, `expires` is milliseconds since the epoch. */
export interface IssuedLink { id: string, token: string, url: string, expires: number }

/** Links that work once. */
export interface Links {
  /** @param lifetime in seconds */
  issue: <K extends LinkKind>(kind: K, facts: LinkFacts[K], lifetime: number) => Promise<IssuedLink>
  /**
   * Takes a link and does what it is good for. A crash in between wastes the link, nothing more; what is
   * refused before anything was done gives it back.
   * @throws `link_invalid` for one that is unknown, used, expired or of another kind
   */
  spend: <K extends LinkKind, T>(kind: K, token: string, act: (facts: LinkFacts[K], id: string) => Promise<T>) => Promise<T>
  /** Makes a link void. @returns what it was good for, or undefined if there was none */
  withdraw: <K extends LinkKind>(kind: K, id: string) => Promise<LinkFacts[K] | undefined>
  exists: (kind: LinkKind, id: string) => Promise<boolean>
}

interface Parts {
  store: LinkStore
  hashes: LinkHashes
  /** The page that opens links. */
  page: string
  now: () => number
  report: Report
}

/** Refusals that can be mended and repeated with the same link. */
const mendable = new Set<ErrorCode>(['password_too_short', 'username_taken', 'invitation_for_another', 'overloaded'])

const codeOf = (error: unknown): ErrorCode | undefined => error instanceof Problem ? error.code : undefined

export function createLinks ({ store, hashes, page, now, report }: Parts): Links {
  const refuse = (kind: LinkKind, user: string | null): never => {
    report({ type: 'link_refused', kind, user })
    return fail('link_invalid', { about: { kind }, ...(user === null ? {} : { subject: { user } }) })
  }

  const take = async <K extends LinkKind>(kind: K, ids: string[]): Promise<{ id: string, link: Kept<K> } | undefined> => {
    for (const id of ids) {
      const link = await store.take(kind, id)
      if (link) return { id, link }
    }
  }

  return {
    issue: async (kind, facts, lifetime) => {
      const token = newToken(kind)
      const id = hashes.token(kind, token)
      const expires = now() + lifetime * 1000
      await store.keep(kind, id, { facts, expires })
      // In the fragment, which browsers send to nobody: no log and no Referer has it.
      return { id, token, url: `${page}#kind=${kind}&token=${token}`, expires }
    },

    spend: async (kind, token, act) => {
      const { id, link } = await take(kind, hashes.tokens(kind, token)) ?? refuse(kind, null)
      try {
        return await act(link.facts, id)
      } catch (error) {
        const code = codeOf(error)
        if (code === 'link_invalid') return refuse(kind, 'user' in link.facts ? link.facts.user : null)
        if (code !== undefined && mendable.has(code)) await store.keep(kind, id, link)
        throw error
      }
    },

    withdraw: async (kind, id) => (await store.take(kind, id))?.facts,

    exists: store.exists
  }
}
