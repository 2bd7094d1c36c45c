import { Type, type FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { ApiToken } from '#lib/api-tokens/schema.js'
import { ref, refusals } from '#lib/http/schema.js'
import { DeviceApproval, UserCodeBody, WaitingDevice } from '#lib/pairing/schema.js'

export const autoPrefix = '/v1/devices'

const routes: FastifyPluginAsyncTypebox = async app => {
  const config = { auth: { scopes: ['api-tokens'] } } as const
  const shared = { tags: ['API tokens'], security: [{ bearer: ['api-tokens'] }] }
  // What a code answers, and whether it can be decided about.
  const common = refusals(400, 401, 403, 404, 409, 410, 429, 503)
  const approver = ({ principal, ip }: Pick<FastifyRequest, 'principal' | 'ip'>) => ({ principal, address: ip })

  app.post('/lookup', {
    config,
    schema: { ...shared, operationId: 'lookUpDevice', summary: 'Which device shows a code', body: UserCodeBody, response: { 200: ref(WaitingDevice), ...common } }
  }, async request => await app.pairing.approvals.look(request.body.user_code, approver(request)))

  app.post('/approve', {
    config: { auth: { scopes: ['api-tokens'], fresh: app.maxAuthAge } },
    schema: { ...shared, operationId: 'approveDevice', summary: 'Give a device an API token, limited to some data sets', body: DeviceApproval, response: { 200: ref(ApiToken), ...refusals(422), ...common } }
  }, async request => await app.pairing.approvals.approve(request.body, approver(request)))

  app.post('/deny', {
    config,
    schema: { ...shared, operationId: 'denyDevice', summary: 'Refuse a device', body: UserCodeBody, response: { 204: Type.Null(), ...common } }
  }, async (request, reply) => {
    await app.pairing.approvals.deny(request.body.user_code, approver(request))
    return reply.code(204).send(null)
  })
}

export default routes
