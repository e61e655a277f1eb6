import type { StoredRecord } from '../store/store.ts'

/** A person who is logged in on this browser. */
export interface Account {
  readonly sub: string
  /** Random and public: names this login to clients. Never the cookie's value. */
  readonly sid: string
  /** Seconds: when the person last proved who they are. */
  readonly auth_time: number
  /** RFC 8176 method names. */
  readonly amr: readonly string[]
  /** The person's credential at the login: with another password the login is over. */
  readonly credential: string
}

/** The steps that leave a proof. */
export type ProofStep = 'login' | 'select_account'

/** That a step was finished for one request: keeps the dispatcher from asking forever, and from being replayed. */
export interface Proof {
  readonly request_digest: string
  readonly step: ProofStep
  /** Seconds. */
  readonly at: number
}

/** Where a login came from, for the person to recognise it. */
export interface Whence {
  readonly browser?: string
  readonly system?: string
  /** The IP address. */
  readonly address: string
}

/** One browser's login. */
export interface Session extends StoredRecord {
  /**
   * Which browser it is, by a digest of its id: on another one the cookie is nobody's. Absent in records that were made
   * before it was kept.
   */
  readonly browser?: string
  /** Of the last login in it. Absent in records that were made before it was kept. */
  readonly whence?: Whence
  /** Whether the browser keeps it when it is closed. */
  readonly remembered?: true
  readonly accounts: readonly Account[]
  readonly proofs: readonly Proof[]
  /** The clients that this login was told to: whom a logout concerns. */
  readonly clients: readonly string[]
  readonly created_at: number
  readonly last_used_at: number
  readonly expires_at: number
}

const MAX_PROOFS = 8
const PROOF_TTL = 600

/** The proofs that still count at `now`. */
export function livingProofs(session: Pick<Session, 'proofs'>, now: number): readonly Proof[] {
  return session.proofs.filter((proof) => proof.at + PROOF_TTL > now)
}

/** The session with one more proof; the oldest gives way. */
export function withProof<S extends Pick<Session, 'proofs'>>(session: S, proof: Proof): S {
  return { ...session, proofs: [...livingProofs(session, proof.at), proof].slice(-MAX_PROOFS) }
}

/** The session without the proofs of one request, or the same if there are none. */
export function withoutProofs<S extends Pick<Session, 'proofs'>>(session: S, requestDigest: string): S {
  const proofs = session.proofs.filter((proof) => proof.request_digest !== requestDigest)
  return proofs.length === session.proofs.length ? session : { ...session, proofs }
}

/** The session that also concerns this client, or the same if it does already. */
export function withClient<S extends Pick<Session, 'clients'>>(session: S, client_id: string): S {
  const { clients } = session
  return clients.includes(client_id) ? session : { ...session, clients: [...clients, client_id] }
}
