import { Type, type Static } from '@sinclair/typebox'
import { Words } from '../http/schema.js'

const State = Words(['ok', 'failing'])

/** Whether the service can do its work, and which part of it cannot. */
export const Readiness = Type.Object({ status: State, redis: State, keys: State, state: State, datasets: State, accounts: State })
export type Readiness = Static<typeof Readiness>
