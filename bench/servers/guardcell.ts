// The service as it is built, in a process of its own; tells its port and how late its event loop ran.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { AddressInfo } from 'node:net'
import { buildApp } from '#lib/app.js'
import { loadConfig } from '#lib/config/load.js'

const app = await buildApp(loadConfig(process.env))
await app.ready()
await app.ensureFirstAdmin(() => {})
await app.listen({ host: '127.0.0.1', port: 0 })
const delay = monitorEventLoopDelay({ resolution: 5 })
process.on('message', message => {
  if (message === 'measure') {
    delay.reset()
    delay.enable()
  } else {
    delay.disable()
    process.send?.({ p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 })
  }
})
// In good order, so that the next start finds what this one knew.
process.once('SIGTERM', () => { void app.close().then(() => process.exit()) })
process.send?.({ port: (app.server.address() as AddressInfo).port })
