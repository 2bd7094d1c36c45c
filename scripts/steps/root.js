import { fileURLToPath } from 'node:url'

/** A path inside the project, whatever folder the command was typed in. */
export const inProject = relative => fileURLToPath(new URL(`../../${relative}`, import.meta.url))
