import type { Config } from './config/schema.js'

/** JSON lines for machines, readable lines for a person at a terminal. */
export const loggerFor = ({ LOG_LEVEL: level, NODE_ENV: environment }: Config) => level !== 'silent' && ({
  level,
  serializers: { err: errorForLog, req: requestForLog },
  ...(process.stdout.isTTY && environment !== 'production'
    ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname,reqId', translateTime: 'HH:MM:ss', singleLine: true } } }
    : {})
})

const personal = /@|%40|eyJ|\bgc[a-z]_[\w.-]{30}/i

/**
 * The path of a request, without its query, and without segments that hold an e-mail address, a signed token or
 * something secret of ours that begins with `gca_` and the like: those stand there by mistake.
 */
export const pathForLog = (url: string): string =>
  url.split(/[?#]/, 1)[0]!.split('/').map(segment => personal.test(segment) ? '*' : segment).join('/')

/** Of a request neither address nor headers nor query. */
const requestForLog = ({ method, url }: { method: string, url: string }) => ({ method, path: pathForLog(url) })

/**
 * Of an error what names it and where it comes from. Libraries hang on it what they were given: that of Redis
 * the arguments of the command, that of the HTTP parser the bytes of the request.
 */
function errorForLog (error: unknown): { type: string, message: string, stack: string, [more: string]: unknown } {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error), stack: '' }
  const { name, message, stack = '', cause } = error
  return {
    type: name,
    message,
    ...('code' in error ? { code: error.code } : {}),
    stack,
    ...(cause === undefined ? {} : { cause: errorForLog(cause) }),
    ...(error instanceof AggregateError ? { errors: error.errors.map(errorForLog) } : {})
  }
}
