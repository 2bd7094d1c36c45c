/** A file that cannot be used, or not in that way. The message is one sentence that repeats nothing of the file. */
export class PlyError extends Error {
  override readonly name = 'PlyError'
}

/** @throws {PlyError} */
export function refuse (sentence: string): never {
  throw new PlyError(sentence)
}
