import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { createTheAdmin } from '#lib/auth-off/admin.js'
import { openNames } from '#lib/auth-off/services.js'
import { createPlantDB, type PlantDB } from '#lib/plantdb/service.js'

declare module 'fastify' {
  interface FastifyInstance { plantdb: PlantDB }
}

export default fp<AppOptions>(async (app, { config }) => {
  const { datasets, accounts, accountStore, sessions, apiTokens } = app
  app.decorate('plantdb', createPlantDB({
    datasets,
    accounts,
    accountStore: config.AUTH === 'off' ? openNames(accountStore, createTheAdmin(accountStore)) : accountStore,
    sessions,
    apiTokens,
    limits: (kind, most) => app.limits.sliding(kind, most, 60),
    prefix: config.PLANTDB_API_PREFIX,
    namesAreTold: config.PLANTDB_USERNAME_CHECK === 'on',
    warn: (details, message) => app.log.warn(details, message)
  }))
}, { name: 'plantdb', dependencies: ['limits', 'datasets', 'accounts', 'sessions', 'api-tokens'] })
