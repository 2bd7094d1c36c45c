import { Type, type Static } from '@sinclair/typebox'
import { Email, Fullname, LoginName, Password, Roles, Username } from '../accounts/schema.js'
import { Nullable, Page, Time, ref } from '../http/schema.js'

const LONGEST_INVITATION = 90 * 86_400

/** What a link carries; whatever is no token of the right kind is refused like one that was used. */
export const LinkToken = Type.String({ minLength: 1, maxLength: 200 })

export const NewInvitation = Type.Object({
  email: Type.Optional(Email),
  roles: Type.Optional(Roles),
  expires_in: Type.Optional(Type.Integer({ minimum: 60, maximum: LONGEST_INVITATION, description: 'Seconds; INVITATION_TTL if not given' }))
}, { additionalProperties: false })
export type NewInvitation = Static<typeof NewInvitation>

/** An invitation, with what opens it. */
export const Invitation = Type.Object({
  id: Type.String({ description: 'Opens nothing; names the invitation to withdraw it' }),
  token: Type.String({ description: 'Shown once' }),
  url: Type.String({ description: 'The page that takes the invitation' }),
  expires_at: Time
}, { $id: 'Invitation' })
export type Invitation = Static<typeof Invitation>

/** An invitation that nobody has used yet. */
export const OpenInvitation = Type.Object({
  id: Type.String({ description: 'Opens nothing; names the invitation to withdraw it' }),
  by: Type.String({ description: 'Id of the account that made it' }),
  email: Nullable(Type.String({ description: 'Whom it is for; null for whoever has it' })),
  roles: Roles,
  created: Time,
  expires_at: Time
}, { $id: 'OpenInvitation' })
export type OpenInvitation = Static<typeof OpenInvitation>

export const InvitationList = Page(ref(OpenInvitation))

export const InvitationId = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })

export const NewRegistration = Type.Object({
  username: Username,
  fullname: Fullname,
  password: Password,
  email: Type.Optional(Email),
  invitation: Type.Optional(LinkToken)
}, { additionalProperties: false })
export type NewRegistration = Static<typeof NewRegistration>

/** One of the two. A union could not say which member is wrong. */
export const LostPassword = Type.Unsafe<{ username: string } | { email: string }>(Type.Object({
  username: Type.Optional(LoginName),
  email: Type.Optional(Email)
}, { additionalProperties: false, minProperties: 1, maxProperties: 1 }))

export const PasswordReset = Type.Object({ token: LinkToken, new: Password }, { additionalProperties: false })

export const EmailConfirmation = Type.Object({ token: LinkToken }, { additionalProperties: false })
