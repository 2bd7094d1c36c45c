import type { Fields } from '../redis/script.js'

/** One stream of events. `name` orders streams and goes into the ids of events. */
export interface Stream { name: string, owner: string, key: string }

/** An event as it is stored. */
export interface StoredEvent extends Place {
  owner: string
  action: string
  by: string
  session: string
  reason: string
  /** Sealed. */
  device: string
  /** JSON, or ''. */
  details: string
}

/** Where an event stands among those of all streams: by time, by number within a millisecond, by stream. */
export interface Place { time: number, number: number, stream: string }

const ID = /^(\d{1,15})-(\d{1,15})\.([A-Za-z0-9_-]{1,64}(?:\.minor)?)$/

export const placePattern = ID

export const placeText = ({ time, number, stream }: Place): string => `${time}-${number}.${stream}`

/** @param text what `placePattern` matches */
export function placeFrom (text: string): Place {
  const [, time, number, stream = ''] = ID.exec(text) ?? []
  return { time: Number(time), number: Number(number), stream }
}

/** The latest first. */
export const byPlace = (a: Place, b: Place): number =>
  b.time - a.time || b.number - a.number || (a.stream < b.stream ? 1 : a.stream > b.stream ? -1 : 0)

/** An entry of a Redis stream. */
export type Entry = [id: string, fields: string[]]

export function eventFrom ({ name, owner }: Stream, [id, list]: Entry): StoredEvent {
  const fields: Fields = {}
  for (let i = 0; i < list.length; i += 2) fields[list[i]!] = list[i + 1]!
  const { action = '', by = '', session = '', reason = '', device = '', details = '' } = fields
  const [time, number] = id.split('-').map(Number)
  return { time: time!, number: number!, stream: name, owner, action, by, session, reason, device, details }
}
