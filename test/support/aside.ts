import { createAside } from '#lib/aside/aside.js'

/** Where large documents are worked on; its thread keeps no process alive. */
export const aside = createAside()
