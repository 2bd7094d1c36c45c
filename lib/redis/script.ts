import { readFileSync } from 'node:fs'
import type { RedisClient } from './connect.js'

/** One Lua call: `base` is the hash-tagged name under which every key of the call lies. */
export type Script = (base: string, ...args: ReadonlyArray<string | number>) => Promise<unknown>

/**
 * Registers Lua files, put one after the other, as one command. The first files may define functions for
 * the last one, which names the command and whose header says its arguments and answers.
 */
export function defineScript (redis: RedisClient, ...parts: ReadonlyArray<URL | readonly URL[]>): Script {
  const files = parts.flat()
  const lua = files.map(file => readFileSync(file, 'utf8')).join('\n')
  // After its noun too: two nouns may have scripts of the same name.
  const [, noun, verb] = /\/([^/]+)\/lua\/([^/]+)\.lua$/.exec(files.at(-1)!.pathname) ?? []
  const name = `guardcell:${noun}:${verb}`
  redis.defineCommand(name, { numberOfKeys: 1, lua })
  const commands = redis as unknown as Record<string, Script>
  return (base, ...args) => commands[name]!(base, ...args)
}

/** The fields of a Redis hash. */
export type Fields = Partial<Record<string, string>>

/** Turns the flat list of fields and values that HGETALL answers inside a script into an object. */
export function fieldsOf (list: readonly string[]): Fields {
  const fields: Fields = {}
  for (let i = 0; i < list.length; i += 2) fields[list[i]!] = list[i + 1]!
  return fields
}

/** A list in JSON from Lua, where an empty one cannot be told from an empty object. */
export const listOf = <T>(list: unknown): T[] => Object.values(list as object) as T[]
