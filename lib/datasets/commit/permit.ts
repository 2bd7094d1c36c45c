import type { Stats } from 'node:fs'
import { fail } from '../../errors.js'
import { findScan, guardedScan, type Core } from '../core.js'
import { look } from '../fs/look.js'
import type { Actor, Right } from '../rights.js'

/**
 * Leave to do something with a scan, and the question whether it still holds. Every write is handed in with
 * one, and the question is put when its turn has come: what was right when a request arrived need not be right
 * when its last byte does. The constructor is private, so nothing else passes for one.
 */
export class Permit {
  readonly scan: string
  /** @throws if it does not hold any more: what authentication says, `scan_not_found`, `not_permitted` */
  readonly ask: () => Promise<void>

  private constructor (scan: string, ask: () => Promise<void>) {
    this.scan = scan
    this.ask = ask
  }

  /**
   * For who may use a scan, as long as it is the scan that it was.
   * @throws `authentication_required`, `scan_not_found`, `not_permitted`
   */
  static async use (core: Core, actor: Actor, right: Right, scan: string): Promise<Permit> {
    await findScan(core, actor, right, scan)
    const folder = (): Stats => look(core.layout.scan(scan)) ?? fail('scan_not_found')
    const admitted = identityOf(folder())
    return new Permit(scan, async () => {
      const present = await actor.again()
      // Another scan of the name is not the one that was meant, whoever may use it.
      if (identityOf(folder()) !== admitted) fail('scan_not_found')
      core.rights.demand(present, right, await guardedScan(core, scan))
    })
  }

  /** For who may make a scan. @throws `not_permitted` */
  static creation ({ rights }: Core, actor: Actor, scan: string): Permit {
    rights.demandCreation(actor, scan)
    return new Permit(scan, async () => { rights.demandCreation(await actor.again(), scan) })
  }

  /** For work of the service itself, which is done for nobody. */
  static service (scan: string): Permit {
    return new Permit(scan, async () => {})
  }
}

/** Tells one folder from another that took its name. */
const identityOf = ({ ino, birthtimeMs }: Stats): string => `${ino}.${birthtimeMs}`
