import { GUEST, type Actor } from '#lib/datasets/rights.js'

/** Somebody who acts on data sets and stays what they are. */
export function actorNamed (username: string, is: Partial<Actor> = {}): Actor {
  const actor: Actor = { ...GUEST, username, ...is, again: async () => actor }
  return actor
}
