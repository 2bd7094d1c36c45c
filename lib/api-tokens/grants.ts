import { fail } from '../errors.js'

/** What an API token may allow on a data set. */
export const permissions = ['read', 'write', 'create', 'delete'] as const
export type Permission = typeof permissions[number]

/** Globs of scan ids, each with what is allowed on the scans that it fits. */
export type Grants = Readonly<Record<string, readonly Permission[]>>

const GLOB = /^[A-Za-z0-9_.*?[\]!-]{1,200}$/
const MOST_GLOBS = 100
const LONGEST = 4_000

const isPermission = (word: string): word is Permission => permissions.includes(word as Permission)

const refuse = (path: string, message: string): never => fail('api_token_grants_invalid', { errors: [{ path, message }] })

/**
 * Checks grants as a client sends them.
 * @returns each permission once, in a fixed order
 * @throws `api_token_grants_invalid` for an unknown permission, a glob that can fit no scan, or more than a token can hold
 */
export function checkGrants (datasets: Readonly<Record<string, readonly string[]>>): Grants {
  const globs = Object.entries(datasets)
  if (globs.length === 0) refuse('/datasets', 'must name at least one glob')
  if (globs.length > MOST_GLOBS) refuse('/datasets', `must not have more than ${MOST_GLOBS} globs`)
  const grants = Object.fromEntries(globs.map(([glob, words]) => {
    const path = '/datasets'
    if (!GLOB.test(glob)) refuse(path, 'has a glob with signs that no scan id has')
    if (words.length === 0) refuse(path, 'has a glob without permissions')
    if (!words.every(isPermission)) refuse(path, `has an unknown permission; known are ${permissions.join(', ')}`)
    return [glob, permissions.filter(permission => words.includes(permission))]
  }))
  if (grantsText(grants).length > LONGEST) refuse('/datasets', 'is longer than a token can hold')
  return grants
}

/** Grants as they stand in the claim `datasets`, in PlantDB's form: `glob/read,write;glob2/read`. */
export const grantsText = (grants: Grants): string =>
  Object.entries(grants).map(([glob, words]) => `${glob}/${words.join(',')}`).join(';')

/** The reverse of `grantsText`. */
export const grantsFrom = (text: string): Grants => Object.fromEntries(text.split(';').map(part => {
  const [glob = '', words = ''] = part.split('/')
  return [glob, words.split(',').filter(isPermission)]
}))

/** Everything, as far as a scope and an account allow it. */
export const everything: Grants = { '*': permissions }

/** Every permission that is granted on anything. */
export const permissionsIn = (grants: Grants): Set<Permission> => new Set(Object.values(grants).flat())

/** Whether grants allow something on a scan: on one glob that fits it is enough. */
export const allows = (grants: Grants, permission: Permission, scan: string): boolean =>
  Object.entries(grants).some(([glob, words]) => words.includes(permission) && fits(glob, scan))

/**
 * Matches a name as Python's `fnmatchcase` does: `*`, `?`, `[abc]`, `[a-z]`, `[!a-z]`. After a mismatch it goes
 * back to the last star only, so that no glob takes longer than its length times that of the name.
 */
export function fits (glob: string, name: string): boolean {
  let [at, place, star, resume] = [0, 0, -1, 0]
  while (place < name.length) {
    const [one, next] = at < glob.length ? stepOf(glob, at) : [none, at]
    if (glob[at] === '*') {
      star = at++
      resume = place
    } else if (one(name[place]!)) {
      at = next
      place++
    } else if (star >= 0) {
      at = star + 1
      place = ++resume
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}

type Test = (sign: string) => boolean
const none: Test = () => false

/** What fits one sign at a place of a glob, and where the glob goes on after it. */
function stepOf (glob: string, at: number): [Test, number] {
  if (glob[at] === '?') return [() => true, at + 1]
  const end = glob[at] === '[' ? endOfSet(glob, at) : -1
  if (end < 0) return [sign => sign === glob[at], at + 1]
  const negated = glob[at + 1] === '!'
  const set = glob.slice(at + (negated ? 2 : 1), end)
  return [sign => isIn(set, sign) !== negated, end + 1]
}

/** A bracket right at the beginning of a set is a member of it; a set that is never closed is none. */
const endOfSet = (glob: string, at: number): number => glob.indexOf(']', at + (glob[at + 1] === '!' ? 3 : 2))

function isIn (set: string, sign: string): boolean {
  for (let i = 0; i < set.length; i++) {
    const isRange = set[i + 1] === '-' && i + 2 < set.length
    if (isRange ? set[i]! <= sign && sign <= set[i + 2]! : set[i] === sign) return true
    if (isRange) i += 2
  }
  return false
}
