import type { Mail } from '../mail/mailer.js'

const units: ReadonlyArray<[seconds: number, name: string]> = [[86_400, 'day'], [3600, 'hour'], [60, 'minute'], [1, 'second']]

/** A number of seconds in the largest unit that tells it within a tenth. */
export function inWords (seconds: number): string {
  const [size, name] = units.find(([unit]) => seconds >= unit && seconds / unit - Math.floor(seconds / unit) < 0.1) ?? [1, 'second']
  const count = Math.floor(seconds / size)
  return `${count} ${name}${count === 1 ? '' : 's'}`
}

interface Told { to: string, username: string, url: string, /** In seconds. */ lifetime: number }

const host = (url: string): string => new URL(url).host

const opens = (url: string, lifetime: number): string => `\n  ${url}\n\nThe link works once, for ${inWords(lifetime)}.`

export const resetMail = ({ to, username, url, lifetime }: Told): Mail => ({
  to,
  subject: `A new password for ${username}`,
  text: `Somebody, probably you, asked for a new password for the account ${username} at ${host(url)}. To choose one, open
${opens(url, lifetime)} If it was not you, you need not do anything: the password stays as it is.
`
})

export const verificationMail = ({ to, username, url, lifetime }: Told): Mail => ({
  to,
  subject: `Confirm the e-mail address of ${username}`,
  text: `The account ${username} at ${host(url)} has this e-mail address. To confirm that it is yours, open
${opens(url, lifetime)} If it is not your account, do not open the link: somebody may have mistyped an address.
`
})

export const invitationMail = ({ to, url, lifetime }: Omit<Told, 'username'>): Mail => ({
  to,
  subject: `An invitation to ${host(url)}`,
  text: `You are invited to make an account at ${host(url)}. To do so with this e-mail address, open
${opens(url, lifetime)}
`
})

/** For the former address, whose owner can still object. */
export const addressChangedMail = ({ to, username, url }: Omit<Told, 'lifetime'>): Mail => ({
  to,
  subject: `The e-mail address of ${username} was changed`,
  text: `The account ${username} at ${host(url)} has another e-mail address from now on. If it was not you who changed it, tell an administrator.
`
})
