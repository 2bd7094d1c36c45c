import { setTimeout as sleep } from 'node:timers/promises'
import pLimit from 'p-limit'
import type { Mail, Mailer } from './mailer.js'

/**
 * Mails that go out after the answer. Whoever posts one neither waits nor learns what became of it, so an
 * answer says nothing about who gets a mail. What is in line is lost when the process dies: who still waits
 * for a mail asks for another one.
 */
export interface Outbox {
  /** Puts work in line that writes mails, which are then sent. */
  post: (write: () => Promise<readonly Mail[]>) => void
  /** Takes no more, and waits shortly for what is in line. */
  close: () => Promise<void>
}

interface Parts {
  mailer: Mailer
  /** How long to wait before each further attempt (ms). */
  pauses: readonly number[]
  /** How long `close` waits (ms). */
  patience: number
  /** Gets what failed without the words of the server, which repeat the address. */
  warn: (details: object, message: string) => void
}

const LONGEST_LINE = 500
const AT_ONCE = 4

interface SmtpError extends Error { code?: string, responseCode?: number }

/** RFC 5321 section 4.2.1: 5yz is a refusal for good. */
const isFinal = (error: unknown): boolean => ((error as SmtpError).responseCode ?? 0) >= 500

const detailsOf = (error: unknown): object => {
  const { name, code, responseCode } = error as SmtpError
  return { name, code, responseCode }
}

export function createOutbox ({ mailer, pauses, patience, warn }: Parts): Outbox {
  const line = pLimit(AT_ONCE)
  const closing = new AbortController()
  const open = new Set<Promise<void>>()

  const persistently = async <T>(act: () => Promise<T>): Promise<T> => {
    for (const pause of pauses) {
      try {
        return await act()
      } catch (error) {
        if (isFinal(error) || closing.signal.aborted) throw error
        await sleep(pause, undefined, { signal: closing.signal })
      }
    }
    return await act()
  }

  const attempt = async (what: string, act: () => Promise<void>): Promise<void> => {
    try {
      await persistently(act)
    } catch (error) {
      warn(detailsOf(error), `a mail could not be ${what}`)
    }
  }

  const deliver = async (write: () => Promise<readonly Mail[]>): Promise<void> => {
    let mails: readonly Mail[] = []
    await attempt('written', async () => { mails = await write() })
    for (const mail of mails) await attempt('sent', () => mailer.send(mail))
  }

  return {
    post: write => {
      if (closing.signal.aborted || open.size >= LONGEST_LINE) return warn({ waiting: open.size }, 'a mail was dropped')
      const job = line(() => deliver(write))
      open.add(job)
      void job.finally(() => open.delete(job))
    },
    close: async () => {
      closing.abort()
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, patience)
        void Promise.all(open).finally(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    }
  }
}
