import formbody from '@fastify/formbody'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { OAuthError, ref } from '#lib/http/schema.js'
import { DeviceAuthorizationForm } from '#lib/oauth/schema.js'
import { DeviceAuthorization } from '#lib/pairing/schema.js'

export const autoPrefix = '/oauth/device_authorization'

const routes: FastifyPluginAsyncTypebox = async app => {
  app.removeAllContentTypeParsers()
  await app.register(formbody)

  app.post('', {
    config: { auth: 'public', errors: 'oauth' },
    schema: {
      operationId: 'authorizeDevice',
      tags: ['oauth'],
      summary: 'Pair a device without a keyboard (RFC 8628 section 3.1)',
      consumes: ['application/x-www-form-urlencoded'],
      body: DeviceAuthorizationForm,
      response: { 200: ref(DeviceAuthorization), '4xx': ref(OAuthError), 503: ref(OAuthError) }
    }
  }, async (request, reply) => {
    reply.header('cache-control', 'no-store').header('pragma', 'no-cache')
    return await app.authorizeDevice(request.body, { authorization: request.headers.authorization, device: request.device() })
  })
}

export default routes
