import { owners } from '../audit/owners.js'
import type { Stamp } from '../audit/stamp.js'
import { auditScript } from '../audit/store.js'
import type { RedisClient } from '../redis/connect.js'
import type { KeyNames } from '../redis/names.js'
import { defineScript } from '../redis/script.js'
import type { StoredGroup } from './group.js'

/**
 * The groups. Whether somebody is a member stands with the account; here is only who may be one.
 *
 * Callers rely on: of two who create one name at the same moment, one does. A group has members only between
 * `open` and `close`, and its term is never that of another group, not even of one with the same name. Who
 * was a candidate once stays one, also after the group was removed: nobody can be a member unseen.
 */
export interface GroupStore {
  /** @returns whether the name was free */
  create: (group: StoredGroup, term: string) => Promise<boolean>
  open: (name: string, term: string) => Promise<void>
  /** What tells this group from others that had its name; undefined unless it is open. */
  term: (name: string) => Promise<string | undefined>
  close: (name: string) => Promise<void>
  /** Removes a group that was closed. */
  remove: (name: string) => Promise<void>
  byName: (name: string) => Promise<StoredGroup | undefined>
  /** Names in their order, those after `after`. */
  names: (limit: number, after?: string) => Promise<string[]>
  addCandidate: (name: string, user: string) => Promise<void>
  /** Ids of all accounts that may be members. */
  candidates: (name: string) => Promise<string[]>
}

const script = (file: string): URL => new URL(`./lua/${file}.lua`, import.meta.url)

/** The group store in Redis. */
export function createGroupStore ({ redis, names, stamp }: { redis: RedisClient, names: KeyNames, stamp: Stamp }): GroupStore {
  const create = defineScript(redis, auditScript, script('create-group'))
  const open = defineScript(redis, script('open-group'))
  const remove = defineScript(redis, auditScript, script('remove-group'))
  const group = (name: string): string => `${names.groups}:group:${name}`
  const candidates = (name: string): string => `${names.groups}:candidates:${name}`

  return {
    create: async ({ name, description, created, createdBy }, term) => await create(names.groups, await stamp(owners.groups), name,
      'name', name, 'created', created, 'making', term,
      ...(description === null ? [] : ['description', description]),
      ...(createdBy === null ? [] : ['created_by', createdBy])) === 1,
    open: async (name, term) => { await open(names.groups, name, term) },
    term: async name => await redis.hget(group(name), 'term') ?? undefined,
    close: async name => { await redis.hdel(group(name), 'making', 'term') },
    remove: async name => { await remove(names.groups, await stamp(owners.groups), name) },
    byName: async key => {
      const { name, description = null, created, created_by: createdBy = null } = await redis.hgetall(group(key))
      return name === undefined ? undefined : { name, description, created: Number(created), createdBy }
    },
    names: (limit, after) => redis.zrange(`${names.groups}:names`, after === undefined ? '-' : `(${after}`, '+', 'BYLEX', 'LIMIT', 0, limit),
    addCandidate: async (name, user) => { await redis.sadd(candidates(name), user) },
    candidates: name => redis.smembers(candidates(name))
  }
}
