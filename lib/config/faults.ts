import { isIP } from 'node:net'
import { isLoopbackAddress } from '../http/loopback.js'
import { parseExtraScopes } from '../access/extra-scopes.js'
import { readSecretText } from '../keys/secret.js'
import { parseClients } from '../oauth/registry.js'
import { parseRedisUrl } from '../redis/url.js'
import { listOf } from './list.js'
import type { Config } from './schema.js'

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text

const isWebAddress = (text: string): boolean => {
  const { protocol, search, hash } = URL.canParse(text) ? new URL(text) : { protocol: '', search: '', hash: '' }
  return /^https?:$/.test(protocol) && search + hash === ''
}

const isNetwork = (text: string): boolean => {
  const [address = '', bits, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) > 0 && Number(bits) <= (version === 4 ? 32 : 128))
}

const complaint = (check: () => unknown): string | undefined => {
  try {
    check()
  } catch (error) {
    return (error as Error).message
  }
}

/** Of scopes that are not well formed, of which another check complains, none. */
const namesOf = (extra: string): string[] => complaint(() => parseExtraScopes(extra)) === undefined ? [...parseExtraScopes(extra).keys()] : []

const checks: ReadonlyArray<(config: Config) => string | undefined> = [
  ({ JWT_SECRET_KEY: secret }) => complaint(() => secret !== undefined && readSecretText(secret, 'JWT_SECRET_KEY')),
  ({ JWT_SECRET_KEY_PREVIOUS: secret }) => complaint(() => secret !== undefined && readSecretText(secret.trim(), 'JWT_SECRET_KEY_PREVIOUS')),
  ({ REDIS_URL: url }) => complaint(() => parseRedisUrl(url)),
  ({ REDIS_URL: url, REDIS_WAIT_REPLICAS: replicas }) => replicas > 0 && /^rediss?\+cluster:/.test(url)
    ? 'REDIS_WAIT_REPLICAS cannot be used with a cluster: WAIT reaches one of its nodes only'
    : undefined,
  ({ EXTRA_SCOPES: text }) => complaint(() => parseExtraScopes(text)),
  ({ OAUTH_CLIENTS: text, EXTRA_SCOPES: extra }) => complaint(() => parseClients(text, namesOf(extra))),
  ({ ADMIN_PASSWORD: password, PASSWORD_MIN_LENGTH: least }) => password !== undefined && password.length < least
    ? `ADMIN_PASSWORD must have at least ${least} characters (PASSWORD_MIN_LENGTH)`
    : undefined,
  ({ KEY_ROTATION: period, KEY_OVERLAP: overlap }) => period === 0 || period >= 2 * overlap ? undefined : 'KEY_ROTATION must be at least twice KEY_OVERLAP, or 0',
  ({ ISSUER: issuer }) => issuer === undefined || URL.canParse(issuer) ? undefined : 'ISSUER must be a URL',
  ({ PUBLIC_URL: url }) => url === undefined || isWebAddress(url) ? undefined : 'PUBLIC_URL must be an address such as https://lab.example/guardcell, without query or fragment',
  ({ LINK_PAGE_URL: url }) => url === undefined || isWebAddress(url) ? undefined : 'LINK_PAGE_URL must be an address such as https://lab.example/link, without query or fragment',
  ({ MAIL_URL: url }) => url === undefined || (URL.canParse(url) && /^smtps?:$/.test(new URL(url).protocol)) ? undefined : 'MAIL_URL must be an smtp or smtps URL',
  ({ MAIL_FROM: from }) => from === undefined || /^[^@]+@[^@]+$/.test(from) ? undefined : 'MAIL_FROM must be an e-mail address, or a name and one in angle brackets',
  ({ AUDIT_WEBHOOK_URL: url }) => url === undefined || (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) ? undefined : 'AUDIT_WEBHOOK_URL must be an http or https URL',
  ({ AUDIT_WEBHOOK_URL: url, AUDIT_WEBHOOK_SECRET: secret = '' }) => url === undefined || secret.length >= 16 ? undefined : 'AUDIT_WEBHOOK_SECRET must have at least 16 characters where AUDIT_WEBHOOK_URL is set',
  ({ CORS_ORIGINS: origins }) => listOf(origins).every(origin => origin === '*' || isOrigin(origin))
    ? undefined
    : 'CORS_ORIGINS must be origins such as https://lab.example, without a path, separated by commas, or *',
  ({ TRUST_PROXY: proxies }) => listOf(proxies).every(isNetwork)
    ? undefined
    : 'TRUST_PROXY must be IP addresses or CIDR ranges narrower than /0, separated by commas',
  ({ AUTH, HOST: host }) => AUTH === 'off' && host.toLowerCase() !== 'localhost' && !isLoopbackAddress(host)
    ? 'AUTH=off makes everybody who can call the service admin, so HOST must be 127.0.0.1, ::1 or localhost with it'
    : undefined,
  ({ AUTH, NODE_ENV: environment }) => AUTH === 'off' && environment.trim().toLowerCase() === 'production'
    ? 'AUTH=off makes everybody who can call the service admin, so it is refused with NODE_ENV=production'
    : undefined,
  ({ AUTH, TRUST_PROXY: proxies }) => AUTH === 'off' && listOf(proxies).length > 0
    ? 'AUTH=off makes everybody who can call the service admin, so it is refused behind a proxy (TRUST_PROXY)'
    : undefined
]

/** What is wrong with a configuration beyond the type of each variable: one sentence per fault. */
export const faultsOf = (config: Config): string[] =>
  checks.map(check => check(config)).filter(fault => fault !== undefined)
