/** Does work for all who ask at the same time. Who asks while it runs shares the next run, which sees what is new since. */
export function shared (work: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<void> | undefined
  let next: Promise<void> | undefined
  const run = async (): Promise<void> => {
    try {
      await work()
    } finally {
      running = undefined
    }
  }
  const after = async (before: Promise<void> | undefined): Promise<void> => {
    await before?.catch(() => {})
    next = undefined
    running = run()
    await running
  }
  return async () => {
    if (running ?? next) return await (next ??= after(running))
    running = run()
    await running
  }
}
