import { fail } from '../errors.js'
import type { Actor } from './rights.js'
import type { ScanIndex } from './scan-index.js'
import type { AccountUsage } from './schema.js'
import { NO_USAGE, type Usage } from './tally.js'

/** How much an account may have; 0 for any amount. `uploads` are those that are not finished. */
export interface QuotaLimits extends Usage { uploads: number }

/** What a write reserves of the quota of an owner. */
export interface Room {
  /** @throws `quota_exceeded`; what would make it less is not reserved */
  take: (more: Partial<Usage>) => void
  /** To be called when the write is done or given up: what was reserved is let go once the index has counted it. */
  done: () => void
}

/**
 * Quotas of accounts (RFC 4331), so that none can fill the service alone. What is written counts for the owner of the scan,
 * whoever writes it; scans of nobody count together, as if they had an owner.
 */
export interface Quotas {
  /** @param owner whose quota it is @param scan that grows, or becomes theirs */
  roomFor: (actor: Actor, owner: string | null, scan: string) => Room
  /** Does the work of an upload from its first byte on. @throws `too_many_uploads` */
  uploading: <T>(actor: Actor, work: () => Promise<T>) => Promise<T>
  usageOf: (username: string) => AccountUsage
}

const settings = { scans: 'ACCOUNT_MAX_SCANS', metadata: 'ACCOUNT_MAX_METADATA', uploads: 'ACCOUNT_MAX_UPLOADS' } as const
const units = { scans: 'scans', metadata: 'bytes of metadata' } as const
const kinds = ['scans', 'metadata'] as const

const sum = (a: Readonly<Usage>, b: Readonly<Usage>): Usage => ({ scans: a.scans + b.scans, metadata: a.metadata + b.metadata })

export function createQuotas ({ index, most }: { index: Pick<ScanIndex, 'tally' | 'stale' | 'get'>, most: QuotaLimits }): Quotas {
  const reserved = new Map<string | null, Usage>()
  const open = new Map<string, number>()

  const used = (owner: string | null): Usage => sum(index.tally.of(owner), reserved.get(owner) ?? NO_USAGE)

  const reserve = (owner: string | null, more: Readonly<Usage>): void => {
    const left = sum(reserved.get(owner) ?? NO_USAGE, more)
    if (left.scans === 0 && left.metadata === 0) reserved.delete(owner)
    else reserved.set(owner, left)
  }

  /** How much somebody else has is not told. */
  const demand = ({ username, admin }: Actor, owner: string | null, more: Usage): void => {
    const present = used(owner)
    for (const kind of kinds) {
      if (more[kind] <= 0 || most[kind] === 0 || present[kind] + more[kind] <= most[kind]) continue
      const has = admin || owner === username ? `; ${present[kind]} are used, and ${more[kind]} more were to come` : ''
      fail('quota_exceeded', { errors: [{ path: '', message: `the owner may have ${most[kind]} ${units[kind]} (${settings[kind]})${has}` }] })
    }
  }

  const roomFor: Quotas['roomFor'] = (actor, owner, scan) => {
    let taken = NO_USAGE
    const letGo = (): void => {
      reserve(owner, { scans: -taken.scans, metadata: -taken.metadata })
      taken = NO_USAGE
    }
    return {
      take: ({ scans = 0, metadata = 0 }) => {
        const more = { scans: Math.max(0, scans), metadata: Math.max(0, metadata) }
        demand(actor, owner, more)
        reserve(owner, more)
        taken = sum(taken, more)
      },
      done: () => {
        if (taken === NO_USAGE) return
        if (index.stale.has(scan)) index.get(scan).catch(() => {}).finally(letGo)
        else letGo()
      }
    }
  }

  return {
    roomFor,
    uploading: async ({ username }, work) => {
      // Guests write nothing; what they send is refused before it is read.
      const who = username ?? ''
      const before = open.get(who) ?? 0
      if (most.uploads > 0 && before >= most.uploads) {
        return fail('too_many_uploads', { retryAfter: 5, errors: [{ path: '', message: `an account may have ${most.uploads} unfinished uploads at once (ACCOUNT_MAX_UPLOADS); ${before} are under way` }] })
      }
      open.set(who, before + 1)
      try {
        return await work()
      } finally {
        const left = open.get(who)! - 1
        if (left === 0) open.delete(who)
        else open.set(who, left)
      }
    },
    usageOf: username => {
      const has: QuotaLimits = { ...index.tally.of(username), uploads: open.get(username) ?? 0 }
      const of = (kind: keyof QuotaLimits) => ({ used: has[kind], most: most[kind] === 0 ? null : most[kind] })
      return { scans: of('scans'), metadata: of('metadata'), uploads: of('uploads') }
    }
  }
}
