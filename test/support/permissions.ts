import { readFileSync } from 'node:fs'

/** A row of the table of rights: who has which right on scans of which visibility, or the status that refuses it. */
export interface RightsRow { who: string, env: Record<string, string>, right: string, private: string, shared: string, public: string }
export interface CallRow { call: string, scope: string, right: string }
/** What a token with one permission may do with a scan that its glob fits, and with another. */
export interface TokenRow { token: string, right: string, fits: string, other: string }
export interface GeneralRow { call: string, guest: string, reader: string, contributor: string, admin: string }

const text = readFileSync(new URL('../../docs/permissions.md', import.meta.url), 'utf8')

/** The rows of the table below a heading, by the names of its columns. */
function tableUnder (heading: string): Array<Record<string, string>> {
  const section = text.split(/^## /m).find(part => part.startsWith(heading)) ?? ''
  const [head = [], , ...rows] = section.split('\n').filter(line => line.startsWith('|')).map(line => line.slice(1, -1).split('|').map(cell => cell.trim().replaceAll('`', '')))
  return rows.map(cells => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ''])))
}

export const rightsRows = tableUnder('Rights on a scan').map(row => {
  const [who = '', setting] = (row.who ?? '').split(', ')
  return { ...row, who, env: setting === undefined ? {} : Object.fromEntries([setting.split('=')]) as Record<string, string> }
}) as unknown as RightsRow[]
export const callRows = [...tableUnder('What a call needs'), ...tableUnder('What a call of PlantDB')] as unknown as CallRow[]
export const tokenRows = tableUnder('API tokens').map(({ token = '', right = '', 'a scan that fits': fits = '', 'another scan': other = '' }): TokenRow => ({ token, right, fits, other }))
export const generalRows = tableUnder('Calls about no scan') as unknown as GeneralRow[]

/** By what steps a token was got, what happens then, and what it is worth on routes by what freshness they ask for. */
export interface FreshnessRow { from: string[], then: string, outcomes: Record<string, string> }
export const freshnessRows = tableUnder('Freshness').map(({ 'token from': from = '', then = '', ...outcomes }): FreshnessRow => ({ from: from.split(', '), then, outcomes }))

/** Calls that take a recent authentication. */
export const recentRows = tableUnder('What takes a recent authentication') as unknown as Array<{ call: string }>
