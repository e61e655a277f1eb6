/**
 * The closed table of security events. Names are stable: operators alert on them. The level says who should
 * look: `warn` is worth a look, `info` is the record of normal use.
 */
export const EVENTS = {
  login: 'info',
  login_failed: 'warn',
  login_throttled: 'warn',
  logout: 'info',
  password_set: 'info',
  profile_changed: 'info',
  person_deleted: 'info',
  link_refused: 'warn',
  person_not_allowed: 'warn',
  consent_granted: 'info',
  consent_denied: 'info',
  consent_revoked: 'info',
  code_issued: 'info',
  token_issued: 'info',
  scope_narrowed: 'info',
  refresh_replayed: 'info',
  code_reuse_detected: 'warn',
  refresh_reuse_detected: 'warn',
  grant_revoked: 'info',
  token_revoked: 'info',
  client_authentication_failed: 'warn',
  client_registered: 'info',
  command_run: 'info',
} as const satisfies Record<string, 'info' | 'warn'>

export type EventName = keyof typeof EVENTS

/** One security event. Fields are names and numbers only: never a secret, code, token, password or cookie. */
export interface SecurityEvent {
  event: EventName
  client_id?: string | undefined
  sub?: string | undefined
  grant_id?: string | undefined
  /** A token's public id. */
  jti?: string | undefined
  grant_type?: string | undefined
  scope?: string | undefined
  /** RFC 8707: whom a token is for, with spaces in between. */
  resource?: string | undefined
  reason?: string | undefined
  /** How long to wait. */
  seconds?: number
  /** A signing key. */
  kid?: string | undefined
  /** What was run beside the server. */
  command?: string | undefined
  /** The system's user who ran it. */
  by?: string | undefined
}
