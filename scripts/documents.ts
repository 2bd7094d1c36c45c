// The documents that are made from the code, so that they cannot say anything else.
import type { FastifyInstance } from 'fastify'
import type { AuthRule } from '#lib/access/rule.js'
import { actions } from '#lib/audit/actions.js'
import { Config } from '#lib/config/schema.js'
import { catalogue } from '#lib/error-catalogue.js'

const note = '<!-- Made by `npm run docs`; the suite fails when it is out of date. -->'

const table = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.map(cell => cell.replaceAll('|', '\\|')).join(' | ')} |`).join('\n')

interface Variable { description?: string, default?: string | number, minimum?: number, exclusiveMinimum?: number, maximum?: number, enum?: string[] }

const bounds = ({ minimum, exclusiveMinimum, maximum, enum: words }: Variable): string => {
  if (words) return words.map(word => `\`${word}\``).join(', ')
  if (minimum === undefined && exclusiveMinimum === undefined) return ''
  const least = exclusiveMinimum === undefined ? `${minimum}` : `more than ${exclusiveMinimum}`
  return maximum === undefined ? `${least} or more` : `${least} to ${maximum}`
}

const shown = (value: string | number | undefined): string => value === undefined || value === '' ? '' : `\`${value}\``

export const configDocument = (): string => `${note}
# Configuration

Everything is set by environment variables. One that is set to nothing counts as not set. All that is wrong is named in one message before the service starts.

${table(['variable', 'default', 'range', 'meaning'], Object.entries(Config.properties as Record<string, Variable>).map(([name, variable]) => [`\`${name}\``, shown(variable.default), bounds(variable), variable.description ?? '']))}
`

export const errorsDocument = (): string => `${note}
# Errors

Every error is \`application/problem+json\` (RFC 9457) with one of these in \`code\`; \`message\` repeats the sentence for PlantDB's clients, \`request_id\` finds the request in the log. Under \`/oauth\` the words are those of RFC 6749 section 5.2. A 429 or 503 carries \`Retry-After\` and never means that a session has ended.

${table(['code', 'status', 'sentence'], Object.entries(catalogue).map(([code, [status, sentence]]) => [`\`${code}\``, String(status), sentence]))}
`

const ruleText = (rule: AuthRule, maxAuthAge: number): string => {
  if (rule === 'public') return 'public'
  if (rule === 'self') return 'self: the route reads its own credentials'
  const token = ['access token', rule.scopes.map(scope => `\`${scope}\``).join(', ')].filter(part => part !== '').join(' with ')
  if (rule.fresh !== undefined) return `${token}, fresh${rule.fresh === true ? '' : ` within ${rule.fresh === maxAuthAge ? '`AUTH_MAX_AGE`' : `${rule.fresh} s`}`}`
  return rule.optional ? `${token}, or nothing (a guest, see GUEST_ACCESS)` : token
}

export const routesDocument = (app: FastifyInstance): string => {
  const rows = app.routeRules()
    .filter(({ method, url }) => !['HEAD', 'OPTIONS'].includes(method) && !url.startsWith('/docs'))
    .map(({ method, url, auth }) => [method, `\`${url.replace(/(.)\/$/, '$1')}\``, ruleText(auth, app.maxAuthAge)])
    .sort(([m1 = '', a = ''], [m2 = '', b = '']) => a < b ? -1 : a > b ? 1 : m1 < m2 ? -1 : 1)
  return `${note}
# Routes and who may call them

A route that declares no rule stops the boot. The bodies are in \`/openapi.json\`, to be read at \`/docs\`.

${table(['method', 'path', 'needs'], rows)}
`
}

/** The table in docs/audit.md, whose text is written by hand. */
export const auditTable = (): string => table(['action', 'kind', 'when', 'result', 'reasons', ''], Object.entries(actions).map(([name, { kind, when, result, reasons, alarming, minor }]) =>
  [`\`${name}\``, kind, when, result, reasons.map(reason => `\`${reason}\``).join(', '), [...alarming ? ['alarming'] : [], ...minor ? ['minor'] : []].join(', ')]))

/** A document with its table replaced. */
export const withTable = (document: string, made: string): string => document.replace(/^\|[^]*\|$/m, () => made)
