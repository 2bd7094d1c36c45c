import { createDocumentWorker } from '#lib/document-worker/document-worker.js'

/** Where large documents are worked on; its thread keeps no process alive. */
export const documentWorker = createDocumentWorker()
