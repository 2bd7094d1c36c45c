/** Why a whole scan cannot be used. */
export class DamagedScan extends Error {
  override readonly name = 'DamagedScan'
}
