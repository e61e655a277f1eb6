import type { StandardClaims } from '../protocol/claims.ts'

/** A person who can log in. */
export interface User {
  readonly sub: string
  readonly username: string
  readonly disabled: boolean
  /** Changes with the password; tells nothing of it. */
  readonly credential: string
  /** Seconds: what was given under this `sub` before was another person's. */
  readonly since?: number | undefined
  /** Seconds: what logins before that have given is over. */
  readonly ended_before?: number
  readonly claims: StandardClaims
  readonly groups: readonly string[]
  readonly roles: readonly string[]
  /** The scopes that this person may not grant: they are for members of groups that the person is not in. */
  readonly withheld_scopes: readonly string[]
  /** What the operator says of the person and of their groups: any JSON, by name. */
  readonly own_claims: Readonly<Record<string, unknown>>
}

/** The directory of people. A disabled person is found; whoever asks decides. */
export interface Users {
  find(sub: string): Promise<User | undefined>
  /** The person whom this user name, or verified email address, means. Whether there is one is nobody's business but the log's and the device's. */
  named(username: string): Promise<User | undefined>
}

/** What a device remembers of a person who logged in on it: a new password makes it forget them. */
export function deviceMark({ sub, credential }: Pick<User, 'sub' | 'credential'>): string {
  return JSON.stringify([sub, credential])
}
