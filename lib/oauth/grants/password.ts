import { Type } from '@sinclair/typebox'
import { LoginName, Password } from '../../accounts/schema.js'
import { ScopeText } from '../../sessions/schema.js'
import { sessionTokens, type Grant } from './grant.js'

const Body = Type.Object({
  grant_type: Type.Literal('password'),
  username: LoginName,
  password: Password,
  scope: Type.Optional(ScopeText)
})

/** RFC 6749 section 4.3, for first-party clients only. */
export const passwordGrant: Grant<typeof Body> = {
  grantType: 'password',
  schema: Body,
  exchange: async ({ accounts, sessions }, { username, password, scope }, { client, device, proof: prove }) => {
    const proof = prove()
    const account = await accounts.authenticate(username, password, device.ip)
    return sessionTokens(await sessions.open({ account, scope, device: { ...device, label: client.name ?? device.label }, client, proof, door: 'token endpoint' }))
  }
}
