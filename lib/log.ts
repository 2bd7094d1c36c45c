import type { Config } from './config/schema.js'

/**
 * JSON lines for machines, readable lines for a person at a terminal. Of a request only method and path
 * are logged: headers, query and body may hold what is secret, the address is personal.
 */
export const loggerFor = ({ LOG_LEVEL: level, NODE_ENV: environment }: Config) => level !== 'silent' && ({
  level,
  serializers: {
    req: ({ method, url }: { method: string, url: string }) => ({ method, path: url.split('?', 1)[0] })
  },
  ...(process.stdout.isTTY && environment !== 'production'
    ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname,reqId', translateTime: 'HH:MM:ss' } } }
    : {})
})
