/** What an action is about; the kinds that the list can be narrowed to. */
export const kinds = ['sessions', 'accounts', 'api_tokens', 'groups', 'keys', 'refusals', 'errors'] as const
export type Kind = typeof kinds[number]

/** A kind of event. */
export interface Action {
  kind: Kind
  when: string
  result: 'success' | 'failure'
  /** The words that stand in `reason`; none: it is null. */
  reasons: readonly string[]
  /** Whether somebody should look at it; those go to the webhook. */
  alarming: boolean
  /** Whether anybody can cause it as often as they like, so that it is kept apart and cannot push out the rest. */
  minor: boolean
}

const action = (kind: Kind, when: string, { result = 'success', reasons = [], alarming = false, minor = false }: Partial<Action> = {}): Action =>
  ({ kind, when, result, reasons, alarming, minor })

const failure = { result: 'failure' } as const

/** Every action that is recorded; `docs/audit.md` has the same table. */
export const actions = {
  login: action('sessions', 'Somebody signed in and a session was opened; details name the client that they used'),
  reauthenticated: action('sessions', 'Somebody who is signed in showed the password again'),
  logout: action('sessions', 'A session was ended by who has a token of it'),
  session_revoked: action('sessions', 'A session was ended otherwise, `by` whom it says', { reasons: ['revoked', 'deactivated', 'deleted', 'inactive', 'password_changed', 'password_reset', 'keys_reset'] }),
  session_evicted: action('sessions', 'A session was ended because a further one was opened than there may be'),
  refresh: action('sessions', 'A refresh token was spent; only with `AUDIT_REFRESH=on`', { minor: true }),
  retry: action('sessions', 'A spent refresh token was answered once more, after a lost answer', { reasons: ['same_key', 'grace'], minor: true }),
  heal: action('sessions', 'A refresh token was further than the store, which had lost writes; alarming unless Redis was restarted or replaced within a day', { alarming: true }),
  reuse: action('sessions', 'A refresh token was used a second time, and its session ended; details say where it was opened', { ...failure, reasons: ['predecessor', 'stale'], alarming: true }),
  late_reuse: action('sessions', 'A refresh token was used a second time after its session had ended, for the reason told; alarming the first time', { ...failure, reasons: ['logout', 'evicted', 'reuse', 'revoked', 'deactivated', 'deleted', 'inactive', 'password_changed', 'password_reset', 'keys_reset'], alarming: true }),
  login_failed: action('sessions', 'Somebody could not sign in', { ...failure, reasons: ['unknown_user', 'wrong_password', 'inactive', 'session_limit', 'changed_meanwhile'], minor: true }),
  brute_force: action('sessions', 'Failed logins of one account or from one address were too many within an hour; again whenever their number has doubled', { ...failure, reasons: ['account', 'address'], alarming: true }),
  account_created: action('accounts', 'An account was made; details say its name and roles'),
  account_changed: action('accounts', 'Full name, e-mail address or whether it is verified was changed; details name which'),
  role_changed: action('accounts', 'An account has other roles, or was made with the role admin; details say which', { alarming: true }),
  account_activated: action('accounts', 'An account may sign in again'),
  account_deactivated: action('accounts', 'An account may not sign in any more'),
  account_unlocked: action('accounts', 'The failed logins of an account were forgotten'),
  account_deleted: action('accounts', 'An account was deleted; details say its name'),
  password_changed: action('accounts', 'An account has another password, by whom has the old one or without it', { reasons: ['password_changed', 'password_reset'] }),
  invitation_created: action('accounts', 'Somebody was invited to make an account'),
  invitation_withdrawn: action('accounts', 'An invitation was made void before it was used; `user` is who had made it'),
  registered: action('accounts', 'Somebody made their own account; details name the invitation, if there was one'),
  email_verified: action('accounts', 'An e-mail address was confirmed by its link'),
  password_reset_requested: action('accounts', 'A link for a new password was asked for', { minor: true }),
  link_refused: action('refusals', 'A one-time link was not good (any more); details say of which kind', { ...failure, minor: true }),
  group_joined: action('groups', 'An account became a member of a group'),
  group_left: action('groups', 'An account is no member of a group any more'),
  group_created: action('groups', 'A group was made'),
  group_deleted: action('groups', 'A group was deleted'),
  api_token_issued: action('api_tokens', 'An API token was issued; details say which, for what'),
  api_token_ended: action('api_tokens', 'An API token was withdrawn', { reasons: ['revoked', 'revoked_by_admin', 'new_token_generated', 'pairing_closed', 'keys_reset'] }),
  api_token_collected: action('api_tokens', 'A paired device came for its API token'),
  client_token_issued: action('api_tokens', 'A client got an access token for itself; details say which client, for what scope', { minor: true }),
  client_token_ended: action('api_tokens', 'An access token of a client itself was revoked; details say of which client', { reasons: ['revoked'], minor: true }),
  device_approved: action('api_tokens', 'A device was given an API token by pairing; details say which'),
  device_denied: action('api_tokens', 'A device that asked for pairing was turned away'),
  key_announced: action('keys', 'A key is going to sign: it was time, somebody ordered it, or algorithm or secret are to be others; details say which', { reasons: ['scheduled', 'ordered', 'algorithm', 'secret'] }),
  key_removed: action('keys', 'A key was removed by order, and its tokens are good for nothing; details say which. Repeated: the store had forgotten the order', { reasons: ['repeated'], alarming: true }),
  secret_changed: action('keys', 'All that a former secret had sealed is sealed with the one in use, and JWT_SECRET_KEY_PREVIOUS can go'),
  keys_reset: action('keys', 'The operator started over with another secret: all sessions and API tokens ended, what was sealed is lost', { alarming: true }),
  key_restored: action('keys', 'The store had lost a key, by nobody\'s order, and a replica gave it back; details say which', { alarming: true }),
  credentials_refused: action('refusals', 'A token or password was not good; details name error, route and method', { ...failure, minor: true }),
  access_denied: action('refusals', 'Somebody asked for more than is theirs: a scope, an API token wider than its owner, another one\'s data; details as above', { ...failure, minor: true }),
  refusals_counted: action('refusals', 'More refusals within a second than are recorded one by one; details say how many', { ...failure, minor: true }),
  internal_error: action('errors', 'A call ended with an unexpected error; details name the request and its route', failure)
} as const satisfies Record<string, Action>

export type ActionName = keyof typeof actions

export const actionNames = Object.keys(actions) as ActionName[]

/** What is known of an action; of one that this version does not know, that it is of no kind. */
export const actionOf = (name: string): Action | undefined => Object.hasOwn(actions, name) ? actions[name as ActionName] : undefined
