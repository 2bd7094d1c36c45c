/** Whose streams there are besides those of accounts, whose ids are longer. */
export const owners = {
  /** What concerns no known account. */
  anonymous: 'anonymous',
  groups: 'groups',
  keys: 'keys',
  /** Unexpected errors. */
  errors: 'errors'
} as const

const noAccounts = new Set<string>(Object.values(owners))

export const isAccount = (owner: string): boolean => !noAccounts.has(owner)
