import type { Role } from '../access/scopes.js'
import type { Stamp } from '../audit/stamp.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'
import type { Sealing } from '../sealing/service.js'
import { sharedScript } from '../sessions/shared-script.js'

/** What is known of an invitation besides the link; `by` is who made it. Times are milliseconds since the epoch. */
export interface KeptInvitation {
  id: string
  by: string
  roles: Role[]
  /** Whom it is for; null for anybody, or if it cannot be read. */
  email: string | null
  created: number
  expires: number
}

/**
 * The invitations that each user has made, beside the links that open them.
 *
 * Callers rely on: an invitation is kept and recorded in one call, and so is its withdrawal. One that was used
 * or has expired may stand here for a while.
 */
export interface InvitationStore {
  add: (invitation: KeptInvitation) => Promise<void>
  /** Those of one user. */
  of: (by: string) => Promise<KeptInvitation[]>
  /** @param how what became of it; a use is recorded where the account is made */
  close: (by: string, id: string, how: 'used' | 'withdrawn') => Promise<void>
}

interface Parts { redis: RedisClient, names: KeyNames, sealing: Pick<Sealing, 'forUser'>, stamp: Stamp }

const FIELD = 'invitation'

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

export function createInvitationStore ({ redis, names, sealing, stamp }: Parts): InvitationStore {
  const invite = defineScript(redis, sharedScript, script('invite'))
  const close = defineScript(redis, sharedScript, script('close-invitation'))
  return {
    add: async ({ id, by, email, ...invitation }) => {
      const { seal } = await sealing.forUser(by)
      const kept = JSON.stringify({ ...invitation, email: email === null ? null : seal(FIELD, email) })
      await invite(names.user(by), await stamp(by), id, kept, invitation.expires)
    },
    of: async by => {
      const { open } = await sealing.forUser(by)
      return Object.entries(await redis.hgetall(`${names.user(by)}:invitations`)).map(([id, text]) => {
        const kept = JSON.parse(text) as KeptInvitation
        return { ...kept, id, by, email: kept.email === null ? null : open(FIELD, kept.email) }
      })
    },
    close: async (by, id, how) => { await close(names.user(by), await stamp(by), id, how === 'withdrawn' ? '1' : '') }
  }
}
