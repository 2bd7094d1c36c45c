/** Work that is done again and again, never twice at the same time. */
export interface Repeating {
  /** Does it now, or once more as soon as what runs has ended. */
  now: () => void
  /** Lets what runs come to its end. */
  stop: () => Promise<void>
}

/** @param pause milliseconds between an end and the next beginning; it does not keep the process alive */
export function repeating (pause: number, work: () => Promise<void>, onError: (error: unknown) => void): Repeating {
  let timer: NodeJS.Timeout | undefined
  let running: Promise<void> | undefined
  let again = false
  let stopped = false

  const run = async (): Promise<void> => {
    clearTimeout(timer)
    await work().catch(onError)
    running = undefined
    if (stopped) return
    if (again) return now()
    timer = setTimeout(now, pause).unref()
  }

  const now = (): void => {
    if (stopped) return
    again = running !== undefined
    running ??= run()
  }

  return {
    now,
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await running
    }
  }
}
