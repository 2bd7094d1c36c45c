/** A mail of plain text to one address. */
export interface Mail { to: string, subject: string, text: string }

/** Hands mails over to what delivers them. */
export interface Mailer {
  /** @throws whatever kept the mail from being taken */
  send: (mail: Mail) => Promise<void>
}

/** Takes every mail and delivers none: where nothing says how to. */
export const noMailer: Mailer = { send: async () => {} }
