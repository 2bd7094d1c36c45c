import fp from 'fastify-plugin'
import { createUpdateProfile, type UpdateProfile } from '#lib/accounts/profile.js'

declare module 'fastify' {
  interface FastifyInstance { updateProfile: UpdateProfile }
}

export default fp(async app => {
  const { accounts, links, requireRecentAuth } = app
  app.decorate('updateProfile', createUpdateProfile({ accounts, emailChanged: links.emailVerification.changed, requireRecentAuth }))
}, { name: 'profile', dependencies: ['accounts', 'auth', 'links'] })
