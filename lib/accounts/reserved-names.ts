/** Words by which the service itself names who acts, owns or calls: an account of that name would be taken for it. */
const reserved = ['anonymous', 'guardcell', 'guest', 'nobody', 'operator', 'system']

/**
 * What is left of a name for the eye (after the skeletons of UTS 39, as far as user names go, which are ASCII): signs
 * that look alike become one, and those that stand between words none.
 */
const skeleton = (name: string): string =>
  name.toLowerCase().replace(/[._-]/g, '').replaceAll('0', 'o').replaceAll('1', 'l').replaceAll('5', 's').replaceAll('m', 'rn')

const skeletons = new Set(reserved.map(skeleton))

/** Whether a user name is, or looks like, a word that the service uses for no account. */
export const isReservedName = (username: string): boolean => skeletons.has(skeleton(username))
