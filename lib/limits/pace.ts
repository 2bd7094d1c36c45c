/** A limit that is kept in one number; see `paceOf`. Milliseconds; no limit if `spacing` is 0. */
export interface Pace {
  /** What one call costs. */
  spacing: number
  /** How far ahead the costs may be of the clock. */
  tolerance: number
}

/**
 * The generic cell rate algorithm (ITU-T I.371 annex A) for at most `most` calls in any `length`: half of
 * them at once, and the rest one by one. In a stretch of that length fit the burst and as many calls as are
 * earned in it, less the one that begins it; so burst + earned = most + 1.
 * @param length milliseconds
 */
export function paceOf (most: number, length: number): Pace {
  if (most === 0) return { spacing: 0, tolerance: 0 }
  const burst = Math.ceil(most / 2)
  // More than an even share, because clocks are read to the millisecond, rounded down.
  const spacing = Math.floor(length / (most + 1 - burst)) + 1
  return { spacing, tolerance: (burst - 1) * spacing }
}
