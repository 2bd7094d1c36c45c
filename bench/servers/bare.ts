// Fastify and nothing else, answering the same bodies on the same routes: what everything is compared with.
import { fastify } from 'fastify'
import type { AddressInfo } from 'node:net'
import { User } from '#lib/accounts/schema.js'
import { TokenPair } from '#lib/sessions/schema.js'

const app = fastify({ logger: false })
const { user, pair } = JSON.parse(process.env.BODIES ?? '{}') as { user: User, pair: TokenPair }
app.addSchema(User)
app.addSchema(TokenPair)

app.get('/v1/users/me', { schema: { response: { 200: { $ref: 'User#' } } } }, async () => user)

app.post('/v1/auth/refresh', {
  schema: {
    body: { type: 'object', properties: { refresh_token: { type: 'string' } }, required: ['refresh_token'] },
    response: { 200: { $ref: 'TokenPair#' } }
  }
}, async () => pair)

await app.listen({ host: '127.0.0.1', port: 0 })
process.send?.({ port: (app.server.address() as AddressInfo).port })
