// In place of async-hook-domain, by which tap finds the test that an error belongs to which nobody caught: that one
// has Node tell it when each promise is collected, for a fifth of the suite's time. Here it is what Node carries along anyway.
import { AsyncLocalStorage } from 'node:async_hooks'

const current = new AsyncLocalStorage()
const live = new Set()

function handle (error, origin) {
  if (process.hasUncaughtExceptionCaptureCallback() || process.listenerCount('uncaughtException') > 0) return
  let domain = current.getStore()
  while (domain !== undefined && !live.has(domain)) domain = domain.parent
  // What belongs to nobody is the file's, whose domain is the first.
  domain ??= live.values().next().value
  if (domain === undefined) return
  domain.onerror(error, origin)
  // It has been told, and is no reason to end the process any more.
  process.setUncaughtExceptionCaptureCallback(() => { process.setUncaughtExceptionCaptureCallback(null) })
}

export class Domain {
  constructor (onerror) {
    this.onerror = onerror
    this.parent = current.getStore()
    current.enterWith(this)
    if (live.size === 0) process.on('uncaughtExceptionMonitor', handle)
    live.add(this)
  }

  destroy () {
    live.delete(this)
    if (live.size === 0) process.off('uncaughtExceptionMonitor', handle)
  }
}
