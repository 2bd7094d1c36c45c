import { isIP } from 'node:net'
import { readSecretText } from '../keys/secret.js'
import { parseRedisUrl } from '../redis/url.js'
import { listOf } from './list.js'
import type { Config } from './schema.js'

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

const isNetwork = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128))
}

const complaint = (check: () => unknown): string | undefined => {
  try {
    check()
  } catch (error) {
    return (error as Error).message
  }
}

const checks: ReadonlyArray<(config: Config) => string | undefined> = [
  ({ JWT_SECRET_KEY: secret }) => complaint(() => secret !== undefined && readSecretText(secret, 'JWT_SECRET_KEY')),
  ({ REDIS_URL: url }) => complaint(() => parseRedisUrl(url)),
  ({ REDIS_URL: url, REDIS_WAIT_REPLICAS: replicas }) => replicas > 0 && /^rediss?\+cluster:/.test(url)
    ? 'REDIS_WAIT_REPLICAS cannot be used with a cluster: WAIT reaches one of its nodes only'
    : undefined,
  ({ ADMIN_PASSWORD: password, PASSWORD_MIN_LENGTH: least }) => password !== undefined && password.length < least
    ? `ADMIN_PASSWORD must have at least ${least} characters (PASSWORD_MIN_LENGTH)`
    : undefined,
  ({ ISSUER: issuer }) => issuer === undefined || URL.canParse(issuer) ? undefined : 'ISSUER must be a URL',
  ({ CORS_ORIGINS: origins }) => listOf(origins).every(origin => origin === '*' || isOrigin(origin))
    ? undefined
    : 'CORS_ORIGINS must be origins such as https://lab.example, without a path, separated by commas, or *',
  ({ TRUST_PROXY: proxies }) => listOf(proxies).every(isNetwork)
    ? undefined
    : 'TRUST_PROXY must be IP addresses or CIDR ranges, separated by commas'
]

/** What is wrong with a configuration beyond the type of each variable: one sentence per fault. */
export const faultsOf = (config: Config): string[] =>
  checks.map(check => check(config)).filter(fault => fault !== undefined)
