import { FIRST_PARTY } from '../oauth/client.js'

/** Whose tokens are asked for, and the most that those may carry; undefined: whatever the account may. */
export interface SessionClient { id: string, scope: ReadonlySet<string> | undefined }

/** The client of who names none. */
export const OURS: SessionClient = { id: FIRST_PARTY, scope: undefined }
