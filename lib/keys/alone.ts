/** Work of which no two run at the same time; who asks meanwhile gets what runs. */
export function alone (work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  return async () => await (running ??= work().finally(() => { running = undefined }))
}
