/** The keys of this installation in Redis; all keys of one user share a hash tag, so one script can touch them. */
export interface KeyNames {
  user: (uid: string) => string
  username: (username: string) => string
  usernames: string
  /** Who may have an e-mail address, by its hash. */
  email: (hash: string) => string
  admins: string
  /** Base of the keys of all groups, which lie in one slot. */
  groups: string
  slowDown: (pair: string) => string
  /** How often something was called in a stretch of time. */
  limit: (what: string) => string
  /** A device that waits for its API token. */
  pairing: (id: string) => string
  /** A one-time link, by the hash of its token. */
  link: (kind: string, hash: string) => string
  /** A proof of possession that was used. */
  proof: (hash: string) => string
  incidents: string
  /** Base of what is known about keys. */
  keys: string
  /** Of one scan: who is writing to it. */
  scan: (id: string) => string
  /** The stream of changes of data sets. */
  changes: string
  /** The stream of alarms that are delivered. */
  alarms: string
  /** Set of all accounts that may have events. */
  audited: string
  /** There while a replica runs. */
  replica: (id: string) => string
}

export const keyNames = (prefix: string): KeyNames => ({
  user: uid => `${prefix}{${uid}}`,
  username: username => `${prefix}username:${username}`,
  usernames: `${prefix}usernames`,
  email: hash => `${prefix}email:${hash}`,
  admins: `${prefix}admins`,
  groups: `${prefix}{groups}`,
  slowDown: pair => `${prefix}slow-down:${pair}`,
  limit: what => `${prefix}limit:${what}`,
  pairing: id => `${prefix}pairing:{${id}}`,
  link: (kind, hash) => `${prefix}link:${kind}:${hash}`,
  proof: hash => `${prefix}proof:${hash}`,
  incidents: `${prefix}incidents`,
  keys: `${prefix}{keys}`,
  scan: id => `${prefix}scan:{${id}}`,
  changes: `${prefix}datasets:changes`,
  alarms: `${prefix}alarms`,
  audited: `${prefix}audited`,
  replica: id => `${prefix}replica:${id}`
})
