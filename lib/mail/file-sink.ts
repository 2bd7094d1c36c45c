import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Mailer } from './mailer.js'

interface Parts {
  folder: string
  from: string
  now: () => number
  /** Says where a mail lies. */
  announce: (file: string) => void
}

/**
 * Puts each mail into a file of its own, named by the time, for whoever tries the service without a mail
 * server. Only the owner may read it (mode 0600): it is as good as the mailbox.
 */
export const createFileSink = ({ folder, from, now, announce }: Parts): Mailer => ({
  send: async ({ to, subject, text }) => {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const time = new Date(now()).toISOString()
    const file = join(folder, `${time.replaceAll(':', '-')}-${randomBytes(3).toString('hex')}.txt`)
    await writeFile(file, `From: ${from}\nTo: ${to}\nDate: ${time}\nSubject: ${subject}\n\n${text}`, { mode: 0o600, flag: 'wx' })
    announce(file)
  }
})
