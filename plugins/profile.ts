import fp from 'fastify-plugin'
import { createUpdateProfile, type UpdateProfile } from '#lib/accounts/profile.js'
import type { AppOptions } from '#lib/app-options.js'

declare module 'fastify' {
  interface FastifyInstance { updateProfile: UpdateProfile }
}

export default fp<AppOptions>(async (app, { config, now }) => {
  const { accounts, links } = app
  app.decorate('updateProfile', createUpdateProfile({ accounts, emailChanged: links.emailVerification.changed, now, leeway: config.JWT_LEEWAY }))
}, { name: 'profile', dependencies: ['accounts', 'links'] })
