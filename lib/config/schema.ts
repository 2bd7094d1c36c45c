import { Type, type Static } from '@sinclair/typebox'
import { algorithms } from '../keys/ring.js'

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
  DATA_DIR: optional('Folder of the data sets, in PlantDB\'s layout and on one file system; an existing database can be used as it is; absent: `STATE_DIR/datasets`'),
  REDIS_URL: Type.String({ description: 'Where Redis is: `redis://`, `rediss://`, `unix:/path`, `redis+cluster://host:port,host:port`, `redis+sentinel://host:port,host:port/master-name`', default: 'redis://127.0.0.1:6379' }),
  REDIS_PREFIX: Type.String({ description: 'Put before every key, so that several installations can share one Redis', default: 'gc:', pattern: '^[^{}]*$' }),
  REDIS_WAIT_REPLICAS: count('How many Redis replicas must have taken an end of a session (logout, revocation, ...) before it is answered; fewer: 503', 0, 0, 16),
  JWT_SECRET_KEY: optional('`base64:` and at least 64 bytes, or a passphrase of at least 16 characters; absent: made once in `STATE_DIR/secret`'),
  JWT_SECRET_KEY_PREVIOUS: optional('The former secret, while it is replaced by another `JWT_SECRET_KEY`; see docs/deployment.md. It can go when `guardcell keys status` says so'),
  SIGNING_ALG: oneOf('What access tokens are signed with; public keys are at `/.well-known/jwks.json`. Another one takes effect `KEY_OVERLAP` after a start', algorithms, 'HS512'),
  KEY_ROTATION: Type.Number({ description: 'How often the signing key is replaced by itself (seconds); 0 for never', default: 30 * 86_400, minimum: 0, maximum: 10 * 365 * 86_400 }),
  KEY_OVERLAP: seconds('How long a new signing key is known before it signs', 300),
  ISSUER: optional('`iss` of every token; absent: `http://localhost:PORT` of the first start, kept in Redis'),
  PUBLIC_URL: optional('Where users reach the service with a browser, as the base of links, and what DPoP proofs are for; absent: the issuer'),
  AUDIENCE: Type.String({ description: '`aud` of every token', default: 'guardcell', minLength: 1 }),
  JWT_LEEWAY: Type.Number({ description: 'Tolerated clock difference for access tokens (seconds)', default: 2, minimum: 0, maximum: 30 }),
  AUTH: oneOf('`off`: nobody is asked who they are, every call is made as `admin`; for tests and notebooks, on loopback only', ['on', 'off'], 'on'),
  ACCESS_TOKEN_FORMAT: oneOf('How access tokens are written: as `jwt`, which others can read, or `opaque`; those written in the other way stay good until they expire', ['jwt', 'opaque'], 'jwt'),
  SESSION_TIMEOUT: seconds('Lifetime of an access token', 900),
  REVOKE_PREVIOUS_ACCESS: oneOf('`on`: a refresh ends the access token that came before, as in PlantDB; calls under way with it may be refused', ['on', 'off'], 'off'),
  REFRESH_TIMEOUT: seconds('Lifetime of a refresh token, never past the end of its session', 86_400),
  REFRESH_TOKENS: oneOf('`off`: a login gives out no refresh token, and its session ends with its access token (`SESSION_TIMEOUT`)', ['on', 'off'], 'on'),
  SESSION_MAX_AGE: seconds('Absolute lifetime of a session; no refresh extends it', 30 * 86_400),
  REFRESH_GRACE: Type.Optional(Type.Number({ description: 'How long after a rotation the predecessor is answered with the same pair without an `Idempotency-Key` (seconds); fixed for a session when it is opened; absent: 0, and 60 for sessions opened at `/oauth/token`; sessions in cookies have at least 60', minimum: 0, maximum: 300 })),
  AUTH_MAX_AGE: seconds('How recently users must have shown their password for what gives lasting access or raises rights; see docs/permissions.md', 900),
  MAX_SESSION: count('Open sessions per account', 10, 1, 1000),
  MAX_SESSION_POLICY: oneOf('At the limit: `evict` ends the session unused the longest, `reject` refuses the login', ['evict', 'reject'], 'evict'),
  BASIC_AUTH: oneOf('`on` takes user name and password by HTTP Basic wherever an access token is taken; each call costs as much as a login', ['on', 'off'], 'off'),
  EXTRA_SCOPES: Type.String({ description: 'Scopes of your own for `GET /v1/auth/verify`, each with exactly the roles that it is granted to: `robot:move=contributor,admin door:open=admin`', default: '' }),
  OAUTH_CLIENTS: Type.String({ description: 'Further clients of `/oauth`, as a JSON array; see [guides/oauth-clients.md](guides/oauth-clients.md)', default: '' }),
  ADMIN_PASSWORD: optional('Password of the first account `admin`; absent: generated and printed once'),
  PASSWORD_MIN_LENGTH: count('Shortest password accepted when one is set', 8, 4, 128),
  PASSWORD_CONCURRENCY: count('Passwords hashed at the same time; more wait in line', 2, 1, 64),
  API_TOKEN_DAILY_LIMIT: count('API tokens that an account is issued within 24 hours; 0 for any number', 100, 0, 1_000_000),
  API_TOKEN_COOLDOWN: Type.Number({ description: 'Least time between two API tokens of an account (seconds)', default: 0, minimum: 0, maximum: 30 * 86_400 }),
  DEVICE_CODE_TTL: count('How long a device that is being paired waits for its approval (seconds)', 600, 60, 3600),
  DEVICE_LIMIT: count('Devices that may ask to be paired from one address within DEVICE_CODE_TTL; 0 for any number', 30, 0, 10_000),
  USER_CODE_LIMIT: count('Codes of devices that a user may try within 10 minutes, and a fifth of those that one address may; 0 for any number', 60, 0, 10_000),
  GUEST_ACCESS: oneOf('What may be read without credentials: nothing, public scans, or shared ones as well', ['off', 'public', 'read'], 'off'),
  CONTRIBUTORS_WRITE: oneOf('Contributors write to all scans that they see, or only to `own` ones and those of their groups', ['all', 'own'], 'all'),
  FILE_MAX_BYTES: Type.Integer({ description: 'Largest file that is taken (bytes)', default: 64 * 2 ** 30, minimum: 1 }),
  MODEL_MAX_BYTES: Type.Integer({ description: 'Largest point cloud or mesh that is thinned out or converted (bytes); needs some 12 times as much memory', default: 128 * 2 ** 20, minimum: 1, maximum: 2 ** 30 }),
  IMAGE_MAX_MEMORY: Type.Integer({ description: 'Memory that drawing pictures may take, all at once together (bytes); one that may take more is only given as it is stored', default: 512 * 2 ** 20, minimum: 16 * 2 ** 20, maximum: 2 ** 36 }),
  METADATA_MAX_BYTES: count('Largest metadata of one scan, fileset or file: sent, in an archive, or as a change leaves them (bytes); what is larger in a folder from elsewhere is not read', 2 ** 20, 65_536, 2 ** 26),
  METADATA_MAX_VALUES: count('Most values (objects, arrays, texts, numbers, ...) in the metadata of one scan, fileset or file; any JSON body may have 1000 more', 100_000, 1000, 10_000_000),
  FILES_JSON_MAX_BYTES: count('Largest `files.json` of a scan (bytes); a file takes 90 and twice its name', 64 * 2 ** 20, 2 ** 16, 2 ** 28),
  FILES_JSON_MAX_VALUES: count('Most values in the `files.json` of a scan; a file takes three', 400_000, 1000, 10_000_000),
  ACCOUNT_MAX_SCANS: count('Scans that one account may own; 0 for any number', 20_000, 0, 10_000_000),
  ACCOUNT_MAX_METADATA: Type.Integer({ description: 'Metadata of all scans of one account (bytes), whoever writes them; scans of nobody have as much together; those of filesets and files, which are not held in memory, do not count; 0 for any amount', default: 256 * 2 ** 20, minimum: 0, maximum: 2 ** 40 }),
  ACCOUNT_MAX_UPLOADS: count('Uploads of files and archives that one account may have under way at once, at each replica; 0 for any number', 200, 0, 1_000_000),
  ARCHIVE_MAX_BYTES: Type.Integer({ description: 'Largest archive that is taken, and the most that it may unpack to (bytes)', default: 64 * 2 ** 30, minimum: 1 }),
  ARCHIVE_MAX_ENTRIES: count('Most entries of an archive that is taken', 100_000, 1, 10_000_000),
  ARCHIVE_MAX_RATIO: count('How many times its packed size an archive above 100 MiB may unpack to', 200, 1, 10_000),
  QUERY_TIMEOUT: seconds('How long the service works on one query over metadata; the scans of owners with so many metadata that it does not suffice are left out of a list, which names those owners; a query is nested 32 deep at most, its patterns have at most 200 characters each and 1000 instructions of RE2 together; 16 queries of one caller and 64 of all wait, more are told to come again', 2),
  QUERY_MAX_BYTES: Type.Integer({ description: 'Metadata of filesets and files that are read for one query, or to show one scan (bytes); above 8 MiB of them (in characters) a scan is not shown, members above 8192 characters are left out; results of analyses are read up to 256 KiB', default: 64 * 2 ** 20, minimum: 1, maximum: 2 ** 30 }),
  WRITE_LEASE: seconds('How long a replica that stopped answering keeps others from writing to a scan', 15),
  RIGHTS_INTERVAL: seconds('How often an answer that takes long, such as a download, asks whether its caller still may read it; it is broken off where not', 10),
  REQUEST_TIMEOUT: seconds('How long a request may take to arrive; uploads of files may take any time, but not pause for so long', 300),
  CORS_ORIGINS: Type.String({ description: 'Origins of browser frontends, separated by commas; `*` allows every origin, without credentials', default: '' }),
  PLANTDB_API: oneOf('Whether PlantDB\'s own routes are served as well', ['on', 'off'], 'on'),
  PLANTDB_API_PREFIX: Type.String({ description: 'Put before the paths of PlantDB\'s routes, such as `/plantdb`', default: '', pattern: '^(/[A-Za-z0-9._~-]+)*$' }),
  PLANTDB_USERNAME_CHECK: oneOf('`off` removes `GET /login`, which tells everybody whether a user name exists', ['on', 'off'], 'on'),
  TRUST_PROXY: Type.String({ description: 'Addresses or CIDR ranges of reverse proxies whose `X-Forwarded-*` headers are believed, separated by commas', default: '' }),
  RATE_LIMIT: oneOf('`off` removes all limits and the slow-down of failed logins; for tests', ['on', 'off'], 'on'),
  LOGIN_LIMIT: count('Passwords that are looked at for one address in any minute, by all replicas together; 0 for any number', 300, 0, 10_000),
  LOGIN_FREE_FAILURES: count('Failed logins of one account from one address before that pair has to wait 1, 2, 4, ... seconds', 5, 1, 1000),
  LOGIN_LONGEST_WAIT: seconds('The longest that it has to wait', 900),
  REFRESH_LIMIT: count('Rotations of one session in any minute, half of them at once; retries do not count; 0 for any number', 30, 0, 6000),
  API_LIMIT: count('Calls of one user, API token or guest\'s address in any minute, by each replica; 0 for any number', 3000, 0, 10_000_000),
  REGISTRATION: oneOf('Who may make an account without an admin: nobody, who has an invitation, or everybody', ['off', 'invite', 'open'], 'off'),
  LINK_PAGE_URL: optional('A page of your own that opens links (`#kind=reset|verify|invitation&token=...`); absent: `/link` below `PUBLIC_URL`'),
  RESET_LINK_TTL: seconds('Lifetime of a link for a new password', 3600),
  VERIFY_LINK_TTL: seconds('Lifetime of a link that confirms an e-mail address', 86_400),
  INVITATION_TTL: seconds('Lifetime of an invitation that says nothing of it', 7 * 86_400),
  MAIL_URL: optional('Mail server, `smtp://user:password@host:587` or `smtps://...`; absent: mails become files in `STATE_DIR/mail`, and in production are not sent'),
  MAIL_FROM: optional('Sender of mails, `address` or `name <address>`; absent: `guardcell@` and the host of `PUBLIC_URL`'),
  AUDIT_WEBHOOK_URL: optional('Where alarming events of the audit log are posted, signed; absent: nowhere'),
  AUDIT_WEBHOOK_SECRET: optional('Key of the signatures (HMAC-SHA256), at least 16 characters; needed with `AUDIT_WEBHOOK_URL`'),
  AUDIT_WEBHOOK_TIMEOUT: seconds('How long the webhook may take to answer; tried again after twice that, and twice as long each further time', 5),
  AUDIT_REFRESH: oneOf('`on` records every rotation of a refresh token in the audit log, and not only what is unusual', ['on', 'off'], 'off'),
  METRICS_TOKEN: optional('Bearer token for `GET /metrics`; absent: only loopback may read it'),
  LOG_LEVEL: oneOf('Least severity that is logged', ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'info'),
  NODE_ENV: Type.String({ description: '`production` logs JSON lines even on a terminal', default: 'development' })
})

export type Config = Static<typeof Config>
