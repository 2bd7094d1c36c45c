import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { AuditList, AuditQuery } from '#lib/audit/schema.js'
import { refusals } from '#lib/http/schema.js'

export const autoPrefix = '/v1/audit'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.get('', {
    config: { auth: { scopes: ['audit'] } },
    schema: {
      operationId: 'listAuditEvents',
      tags: ['operations'],
      summary: 'What happened to the own account, the latest first; to all with the scope users',
      security: [{ bearer: ['audit'] }],
      querystring: AuditQuery,
      response: { 200: AuditList, ...refusals(400, 401, 403, 503) }
    }
  }, async request => {
    const { account, may } = request.principal
    return await app.audit.list({ user: account.id, all: may('users') }, request.query)
  })
}

export default routes
