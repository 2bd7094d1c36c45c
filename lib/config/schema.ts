import { Type, type Static } from '@sinclair/typebox'

const seconds = (description: string, fallback: number) =>
  Type.Number({ description: `${description} (seconds)`, default: fallback, exclusiveMinimum: 0, maximum: 10 * 365 * 86_400 })

const count = (description: string, fallback: number, minimum: number, maximum: number) =>
  Type.Integer({ description, default: fallback, minimum, maximum })

const optional = (description: string) => Type.Optional(Type.String({ description }))

const oneOf = <const T extends string>(description: string, values: readonly T[], fallback: T) =>
  Type.Unsafe<T>({ type: 'string', enum: [...values], default: fallback, description })

/** Every environment variable that the service reads; `docs/config.md` is generated from this table. */
export const Config = Type.Object({
  HOST: Type.String({ description: 'Address to listen on', default: '127.0.0.1' }),
  PORT: count('Port to listen on; 0 takes any free one', 8080, 0, 65_535),
  STATE_DIR: Type.String({ description: 'Folder of the service\'s own state: the secret, and the Redis that `npm start` runs', default: '.data' }),
  REDIS_URL: Type.String({ description: 'Where Redis is: `redis://`, `rediss://`, `unix:/path`, `redis+cluster://host:port,host:port`, `redis+sentinel://host:port,host:port/master-name`', default: 'redis://127.0.0.1:6379' }),
  REDIS_PREFIX: Type.String({ description: 'Put before every key, so that several installations can share one Redis', default: 'gc:', pattern: '^[^{}]*$' }),
  REDIS_WAIT_REPLICAS: count('How many Redis replicas must have taken an end of a session (logout, revocation, ...) before it is answered; fewer: 503', 0, 0, 16),
  JWT_SECRET_KEY: optional('`base64:` and at least 64 bytes, or a passphrase of at least 16 characters; absent: made once in `STATE_DIR/secret`'),
  ISSUER: optional('`iss` of every token; absent: `http://localhost:PORT` of the first start, kept in Redis'),
  AUDIENCE: Type.String({ description: '`aud` of every token', default: 'guardcell', minLength: 1 }),
  JWT_LEEWAY: Type.Number({ description: 'Tolerated clock difference for access tokens (seconds)', default: 2, minimum: 0, maximum: 30 }),
  SESSION_TIMEOUT: seconds('Lifetime of an access token', 900),
  REFRESH_TIMEOUT: seconds('Lifetime of a refresh token, never past the end of its session', 86_400),
  SESSION_MAX_AGE: seconds('Absolute lifetime of a session; no refresh extends it', 30 * 86_400),
  REFRESH_GRACE: Type.Number({ description: 'How long after a rotation the predecessor is answered with the same pair without an `Idempotency-Key` (seconds); fixed for a session when it is opened', default: 0, minimum: 0, maximum: 300 }),
  MAX_SESSION: count('Open sessions per account', 10, 1, 1000),
  MAX_SESSION_POLICY: oneOf('At the limit: `evict` ends the session unused the longest, `reject` refuses the login', ['evict', 'reject'], 'evict'),
  ADMIN_PASSWORD: optional('Password of the first account `admin`; absent: generated and printed once'),
  PASSWORD_MIN_LENGTH: count('Shortest password accepted when one is set', 8, 4, 128),
  PASSWORD_CONCURRENCY: count('Passwords hashed at the same time; more wait in line', 2, 1, 64),
  CORS_ORIGINS: Type.String({ description: 'Origins of browser frontends, separated by commas; `*` allows every origin, without credentials', default: '' }),
  TRUST_PROXY: Type.String({ description: 'Addresses or CIDR ranges of reverse proxies whose `X-Forwarded-*` headers are believed, separated by commas', default: '' }),
  RATE_LIMIT: oneOf('`off` removes the slow-down of failed logins; for tests', ['on', 'off'], 'on'),
  METRICS_TOKEN: optional('Bearer token for `GET /metrics`; absent: only loopback may read it'),
  LOG_LEVEL: oneOf('Least severity that is logged', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  NODE_ENV: Type.String({ description: '`production` logs JSON lines even on a terminal', default: 'development' })
})

export type Config = Static<typeof Config>
