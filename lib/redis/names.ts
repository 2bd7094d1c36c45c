/** The keys of this installation in Redis; all keys of one user share a hash tag, so one script can touch them. */
export interface KeyNames {
  user: (uid: string) => string
  username: (username: string) => string
  usernames: string
  admins: string
  slowDown: (pair: string) => string
  incidents: string
}

export const keyNames = (prefix: string): KeyNames => ({
  user: uid => `${prefix}{${uid}}`,
  username: username => `${prefix}username:${username}`,
  usernames: `${prefix}usernames`,
  admins: `${prefix}admins`,
  slowDown: pair => `${prefix}slow-down:${pair}`,
  incidents: `${prefix}incidents`
})
