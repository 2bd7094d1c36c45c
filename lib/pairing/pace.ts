import type { Pace } from './store.js'

/**
 * The pace of devices that wait: RFC 8628 section 3.5 asks for five seconds, and five more for each poll that
 * comes too early. The minute of `repeat` is longer than the longest interval, so a device that has lost the
 * answer is let ask again in any case.
 * @param seconds how long a device waits for its approval
 */
export const paceFor = (seconds: number): Pace => ({ lifetime: seconds * 1000, interval: 5_000, step: 5_000, longest: 30_000, repeat: 60_000 })
