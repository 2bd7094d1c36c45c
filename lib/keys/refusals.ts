import type { Refused } from './transitions.js'
import { progressText } from './turnover.js'

const sentences: Readonly<Record<Refused['why'], (refused: Refused) => string>> = {
  unknown: () => 'The secret (JWT_SECRET_KEY, or the file secret in STATE_DIR) is not the one that this Redis was set up with, nor is JWT_SECRET_KEY_PREVIOUS. Give the former one; if it is lost, guardcell keys reset starts over and ends all sessions',
  next: () => 'The secret is being changed: give the new one as JWT_SECRET_KEY and this one as JWT_SECRET_KEY_PREVIOUS',
  needed: ({ progress }) => `JWT_SECRET_KEY_PREVIOUS cannot go yet: ${progressText(progress)}. Give it until guardcell keys status says that it can go`,
  ring: () => 'The key ring in Redis names no signing key: restore the hash keys from a backup'
}

/** Why a replica may not start. */
export const sentenceFor = (refused: Refused): string => sentences[refused.why](refused)
