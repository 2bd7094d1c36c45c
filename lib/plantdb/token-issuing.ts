import type { UserPrincipal } from '../access/authorize.js'
import type { ApiTokens } from '../api-tokens/service.js'
import type { NewPlantDBToken, PlantDBToken } from './schema.js'

/** API tokens in PlantDB's words. */
export type IssueToken = (owner: UserPrincipal, wanted: NewPlantDBToken) => Promise<PlantDBToken>

/** PlantDB's client sends permissions by their values, their names, or as Python prints them. */
const permission = (word: string): string => word.replace(/^Permission\./, '').toLowerCase()

/** @throws as `ApiTokens.create` */
export const createTokenIssuing = (apiTokens: ApiTokens): IssueToken => async (owner, { token_exp: expiry, datasets }) => {
  const { token, expires_at: expires } = await apiTokens.create(owner, {
    name: 'PlantDB client',
    datasets: Object.fromEntries(Object.entries(datasets).map(([glob, words]) => [glob, words.map(permission)])),
    ...(typeof expiry === 'number' ? { expires_in: expiry } : { expires_at: expiry })
  })
  return { message: 'API Token generated successfully', api_token: token, 'expiration date': expires.replace(/\.\d+Z$/, '+00:00') }
}
