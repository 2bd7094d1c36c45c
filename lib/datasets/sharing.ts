import type { Actor } from './rights.js'

/** What sharing needs to know of groups. */
export interface KnownGroups { groupsExist: (names: string[]) => Promise<boolean> }

/**
 * Those of some groups that an actor may share a scan with: admins with all that exist, others with their own. Groups
 * of others are hidden, so whether they exist makes no difference.
 */
export const shareableGroups = async (people: KnownGroups, actor: Actor, names: readonly string[]): Promise<string[]> => {
  const visible = names.filter(name => actor.admin || actor.groups.includes(name))
  const known = await Promise.all(visible.map(async name => await people.groupsExist([name])))
  return visible.filter((_name, i) => known[i])
}
