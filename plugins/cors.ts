import cors from '@fastify/cors'
import fp from 'fastify-plugin'
import type { AppOptions } from '#lib/app-options.js'
import { listOf } from '#lib/config/list.js'

const allowed = ['Authorization', 'DPoP', 'Content-Type', 'Content-Digest', 'Idempotency-Key', 'X-CSRF-Token', 'If-Match', 'If-None-Match', 'If-Modified-Since', 'If-Unmodified-Since', 'Range', 'X-File-Path', 'X-Chunk-Size']
const exposed = ['Date', 'Allow', 'ETag', 'Location', 'Content-Range', 'Content-Digest', 'Repr-Digest', 'X-Content-Encoding', 'Retry-After', 'WWW-Authenticate', 'RateLimit', 'RateLimit-Policy']

export default fp<AppOptions>(async (app, { config }) => {
  const origins = listOf(config.CORS_ORIGINS)
  const everyone = origins.includes('*')
  await app.register(cors, {
    // Without origins only routes that declare some of their own have any.
    origin: everyone ? '*' : origins.length > 0 && origins,
    credentials: !everyone,
    methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: allowed,
    exposedHeaders: exposed,
    maxAge: 600
  })
}, { name: 'cors', dependencies: ['preflight'] })
