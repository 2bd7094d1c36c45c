import { join } from 'node:path'
import { createFileSink } from './file-sink.js'
import { noMailer, type Mailer } from './mailer.js'
import { createSmtpMailer } from './smtp.js'

interface Parts {
  /** `MAIL_URL` */
  url: string | undefined
  from: string
  stateDir: string
  /** Where nobody looks into files, a mail without a server goes nowhere. */
  production: boolean
  now: () => number
  announce: (file: string) => void
}

/** What delivers the mails of this installation. */
export async function chooseMailer ({ url, from, stateDir, production, now, announce }: Parts): Promise<Mailer> {
  if (url !== undefined) return await createSmtpMailer(url, from)
  return production ? noMailer : createFileSink({ folder: join(stateDir, 'mail'), from, now, announce })
}
