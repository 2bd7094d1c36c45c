import { fail } from '../../errors.js'
import { LostLease, type Lease } from '../lease.js'
import { DamagedScan } from '../listing.js'

/** Does work under a lease, and gives the lease back if the work fails. @throws LostLease, `scan_damaged`, those of the work */
export async function underLease<T> (lease: Lease, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    // One that cannot be given back lapses; what went wrong first counts.
    const isHeld = await lease.release().catch(() => true)
    if (!(error instanceof DamagedScan)) throw error
    // Who was stopped while it read has seen parts of what another one wrote meanwhile.
    if (!isHeld) throw new LostLease()
    return fail('scan_damaged', { cause: error })
  }
}
