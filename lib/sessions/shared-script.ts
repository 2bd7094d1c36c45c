import { auditScript } from '../audit/store.js'

/** Functions that the scripts of other stores share; what ends sessions records it. */
export const sharedScript = [auditScript, new URL('./lua/common.lua', import.meta.url)]
