import autoload from '@fastify/autoload'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import { fastify, LogController, type FastifyInstance } from 'fastify'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { AppOptions } from './app-options.js'
import { step } from './boot/step.js'
import { listOf } from './config/list.js'
import type { Config } from './config/schema.js'
import { answerClientError, answerUnrouted } from './http/early-errors.js'
import { IncomingRequest } from './http/incoming.js'
import { whenNeeded } from './http/serialization.js'
import { validatorCompiler } from './http/validation.js'
import { loggerFor } from './log.js'

const ROOT = join(import.meta.dirname, '..')
const JSON_LIMIT = 1_048_576

/** 132 bits each, as 22 characters of base64url; the system is asked for 256 of them at a time. */
const randomIds = () => {
  let pool = ''
  let at = 0
  return () => {
    if (at >= pool.length) {
      // 33 bytes are 44 characters without padding: two ids.
      pool = randomBytes(33 * 128).toString('base64url')
      at = 0
    }
    at += 22
    return pool.slice(at - 22, at)
  }
}

/** Names of requests, unlike any of another process; they are no secret, so counting is enough. */
const requestIds = () => {
  const process = randomBytes(6).toString('base64url')
  let count = 0
  return () => `${process}-${(++count).toString(36)}`
}

/** Longer than what waits for something and has a time of its own; milliseconds. */
const START_MS = 600_000

/** For whatever else a start may wait for, such as a plugin of the operator's. */
const inTime = (app: FastifyInstance, work: () => Promise<void>): Promise<void> =>
  step({ name: 'The start', advice: 'the log says what it waited for, or a plugin of your own did', within: START_MS, log: app.log }, work)

/**
 * Puts the service together: plugins decorate the instance with services, routes use them.
 * @param overrides for tests
 * @returns an instance whose plugins are loaded, not ready yet
 * @throws BootError with what keeps it from starting
 */
export async function buildApp (config: Config, overrides: Partial<Omit<AppOptions, 'config'>> = {}): Promise<FastifyInstance> {
  const options: AppOptions = { config, now: Date.now, skew: () => 0, randomId: randomIds(), stepLimit: 60_000, overload: { delay: 1_000, grace: 10_000 }, ...overrides }
  const proxies = listOf(config.TRUST_PROXY)
  const app: FastifyInstance = fastify({
    logger: loggerFor(config),
    logController: new LogController({ disableRequestLogging: true }),
    // What waits for something has a time of its own, and names what it waits for: plugins/starting.ts.
    pluginTimeout: 0,
    bodyLimit: JSON_LIMIT,
    trustProxy: proxies.length > 0 ? proxies : false,
    // Three times the longest name of a data set, because a name may come percent-encoded.
    routerOptions: { maxParamLength: 600 },
    schemaController: { compilersFactory: { buildSerializer: whenNeeded(SerializerSelector()) } },
    rewriteUrl: ({ url = '/' }): string => url.includes('//') ? app.withoutSlashes(url) : url,
    genReqId: requestIds(),
    // Node would refuse requests without a host by itself, and not as a problem document: plugins/arrival.ts.
    http: { IncomingMessage: IncomingRequest, requireHostHeader: false },
    // Node's own limit would end long uploads; plugins/patience.ts has one that knows of them.
    requestTimeout: 0,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    frameworkErrors: (error, request, reply) => {
      reply.hijack()
      answerUnrouted(error, reply.raw, { requestId: request.id, origin: request.headers.origin, allowedOrigins: listOf(config.CORS_ORIGINS) })
    }
  })
  app.setValidatorCompiler(validatorCompiler)
  await inTime(app, async () => {
    await app.register(autoload, { dir: join(ROOT, 'plugins'), options, forceESM: true, encapsulate: false })
    await app.register(autoload, { dir: join(ROOT, 'routes'), options, forceESM: true, dirNameRoutePrefix: false, maxDepth: 0 })
    if (config.PLANTDB_API === 'on') {
      await app.register(async dialect => {
        dialect.speakPlantDB()
        await dialect.register(autoload, { dir: join(ROOT, 'routes', 'plantdb'), options, forceESM: true })
      }, { prefix: config.PLANTDB_API_PREFIX })
    }
  })
  return app
}

/**
 * Starts what was put together.
 * @throws BootError if it takes too long, and whatever a plugin refuses its start with
 */
export const makeReady = (app: FastifyInstance): Promise<void> => inTime(app, async () => { await app.ready() })
