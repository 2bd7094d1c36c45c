import fp from 'fastify-plugin'
import { TokenInfo } from '#lib/access/schema.js'
import { User } from '#lib/accounts/schema.js'
import { ApiToken, IssuedToken } from '#lib/api-tokens/schema.js'
import { AuditEvent } from '#lib/audit/schema.js'
import { Group } from '#lib/groups/schema.js'
import { AccountUsage, File, Fileset, Refreshed, Scan } from '#lib/datasets/schema.js'
import { OAuthError, Problem } from '#lib/http/schema.js'
import { Jwks, Key } from '#lib/keys/schema.js'
import { Invitation, OpenInvitation } from '#lib/links/schema.js'
import { DeviceAuthorization, WaitingDevice } from '#lib/pairing/schema.js'
import { ScanInfo } from '#lib/plantdb/schema.js'
import { Introspection, ServerMetadata, TokenResponse } from '#lib/oauth/schema.js'
import { AccessToken, Session, TokenPair } from '#lib/sessions/schema.js'

export default fp(async app => {
  for (const noun of [
    User, ApiToken, IssuedToken, AuditEvent, Group, Key, Jwks, Invitation, OpenInvitation, Session, TokenPair, AccessToken, TokenInfo, TokenResponse, Introspection, ServerMetadata, DeviceAuthorization, WaitingDevice, Scan, Fileset, File, Refreshed, AccountUsage, ScanInfo, Problem, OAuthError
  ]) app.addSchema(noun)
}, { name: 'schemas' })
