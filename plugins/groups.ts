import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createGroups, type Groups } from '#lib/groups/service.js'
import { createGroupStore } from '#lib/groups/store.js'

declare module 'fastify' {
  interface FastifyInstance { groups: Groups }
}

export default fp<AppOptions>(async (app, { now, randomId }) => {
  const { redis, names, accountStore } = app
  app.decorate('groups', createGroups({ store: createGroupStore({ redis, names, stamp: app.stamp }), accounts: accountStore, randomId, now, report: app.tell }))
}, { name: 'groups', dependencies: ['redis', 'audit', 'accounts', 'events'] })
