import { randomBytes } from 'node:crypto'
import { readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeFolder } from '../boot/make-folder.js'
import type { Mailer } from './mailer.js'

interface Parts {
  folder: string
  from: string
  now: () => number
  /** Says where a mail lies. */
  announce: (file: string) => void
}

const KEPT_MS = 7 * 86_400_000

/** A mail by its name, which begins with its time; or what a crash has left of one. */
const MAIL = /^\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}Z-[0-9a-f]{6}\.(?:txt|part)$/

const stampOf = (ms: number): string => new Date(ms).toISOString().replaceAll(':', '-')

/**
 * Puts each mail into a file of its own, named by the time, for whoever tries the service without a mail
 * server. Only the owner may read it (mode 0600): it is as good as the mailbox. Those of more than a week ago go
 * when the next one comes.
 */
export const createFileSink = ({ folder, from, now, announce }: Parts): Mailer => ({
  send: async ({ to, subject, text }) => {
    await makeFolder(folder, 0o700)
    await clear(folder, now() - KEPT_MS)
    const time = new Date(now()).toISOString()
    const name = join(folder, `${stampOf(now())}-${randomBytes(3).toString('hex')}`)
    const [draft, file] = [`${name}.part`, `${name}.txt`]
    await writeFile(draft, `From: ${from}\nTo: ${to}\nDate: ${time}\nSubject: ${subject}\n\n${text}`, { mode: 0o600, flag: 'wx' })
    // Whoever watches the folder finds whole mails only.
    await rename(draft, file)
    announce(file)
  }
})

/** Removes the mails of before a time (ms), and nothing else that may lie there. */
async function clear (folder: string, before: number): Promise<void> {
  const old = (await readdir(folder)).filter(name => MAIL.test(name) && name < stampOf(before))
  await Promise.all(old.map(name => rm(join(folder, name), { force: true })))
}
