/** The grants that the token endpoint knows, by what `grant_type` says. */
export const grantTypes = ['password', 'refresh_token', 'client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'] as const
export type GrantType = typeof grantTypes[number]

export const isGrantType = (word: string): word is GrantType => (grantTypes as readonly string[]).includes(word)
