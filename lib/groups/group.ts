import type { Group } from './schema.js'

/** A group as the store keeps it. `created` is milliseconds since the epoch, `createdBy` a user name. */
export interface StoredGroup { name: string, description: string | null, created: number, createdBy: string | null }

/** A group as clients see it. */
export const presentGroup = ({ name, description, created, createdBy }: StoredGroup, members: string[]): Group =>
  ({ name, description, members, created: new Date(created).toISOString(), created_by: createdBy })
