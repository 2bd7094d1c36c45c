import fp from 'fastify-plugin'
import { createEvents, createReport, type AuthEvents, type Report } from '#lib/events.js'

declare module 'fastify' {
  interface FastifyInstance {
    events: AuthEvents
    tell: Report
  }
}

const alarming = new Set(['reuse', 'late_reuse', 'orphan', 'store_behind'])

export default fp(async app => {
  const events = createEvents()
  const report = createReport(events, error => { app.log.error({ err: error }, 'a listener of app.events failed') })
  app.decorate('events', events)
  app.decorate('tell', event => {
    app.log[alarming.has(event.type) ? 'warn' : 'debug'](event, event.type)
    report(event)
  })
}, { name: 'events' })
