import type { Config } from './config/schema.js'

/** JSON lines for machines, readable lines for a person at a terminal. */
export const loggerFor = ({ LOG_LEVEL: level, NODE_ENV: environment }: Config) => level !== 'silent' && ({
  level,
  ...(process.stdout.isTTY && environment !== 'production'
    ? { transport: { target: 'pino-pretty', options: { ignore: 'pid,hostname,reqId', translateTime: 'HH:MM:ss', singleLine: true } } }
    : {})
})
