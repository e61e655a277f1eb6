import { requestCompleter } from '../authorization/complete.ts'
import { responseIssuer } from '../authorization/issue-response.ts'
import { requestResolver } from '../authorization/resolve.ts'
import { SectorDocuments } from '../authorization/sector-documents.ts'
import { situationFinder } from '../authorization/situation.ts'
import { allowedResources } from '../clients/allowed-resources.ts'
import { clientAuthenticator } from '../clients/authenticate.ts'
import { approvedDocuments } from '../clients/documents/approved-documents.ts'
import { approvalsIn } from '../clients/introduced/approvals.ts'
import { NarrowedScopes } from '../clients/narrowed-scopes.ts'
import type { ClientSource } from '../clients/registry.ts'
import { RemoteKeySets } from '../clients/remote-key-sets.ts'
import { Subjects } from '../clients/subjects.ts'
import type { Config } from '../config/config.ts'
import { readScopeEntries } from '../config/scopes.ts'
import { Consents } from '../consents/consents.ts'
import { tokenPipeline } from '../grant-types/pipeline.ts'
import { Grants } from '../grants/grants.ts'
import { type Logger, logSink } from '../http/logger.ts'
import { reportsTo } from '../http/reports.ts'
import { journalOf } from '../journal/journal.ts'
import { loginBeginner } from '../logins/begin-login.ts'
import { loginGuard } from '../logins/login-guard.ts'
import { visitorsOf } from '../logins/visitors.ts'
import { BackChannel } from '../logout/back-channel.ts'
import { LogoutHints } from '../logout/logout-hint.ts'
import { SessionEnd } from '../logout/session-end.ts'
import { Outbound } from '../outbound/outbound.ts'
import { scopeClaims } from '../protocol/claims.ts'
import { RegistrationKeys } from '../registry/registration-keys.ts'
import { Registry } from '../registry/registry.ts'
import { Sessions } from '../sessions/sessions.ts'
import type { Store } from '../store/store.ts'
import { SecretGuesses } from '../throttle/secret-guesses.ts'
import { Throttle } from '../throttle/throttle.ts'
import { idTokenIssuer } from '../tokens/id-token.ts'
import { inspectorOf } from '../tokens/inspector.ts'
import { issuerOf } from '../tokens/issuer.ts'
import { jwtAccessTokens } from '../tokens/jwt-access-token.ts'
import { Activity } from '../users/activity.ts'
import { passwordCheck } from '../users/password-check.ts'
import { activitySink } from './activity.ts'
import { blockingOf, clientChangesOf, clientsOf, rulesFor } from './clients.ts'
import { documentClientsOf, strangersOutbound } from './documents.ts'
import { beginWith, type Kept } from './kept.ts'
import { notesOfKeys, notesOfLargeClaims, notesOfLogout } from './notes.ts'
import { peopleOf } from './people.ts'
import { resourcesFor } from './resources.ts'
import { signingKeysOf } from './signing.ts'

/** What a server is made of beside its configuration. */
export interface Parts {
  store: Store
  log: Logger
  /** Seconds since the epoch; the store's clock by default. Tests pass their own. */
  now?: () => number
  /** Where clients come from beside the file. */
  clients?: readonly ClientSource[]
  /** False if the configuration is only checked: nothing is made or kept then. */
  prepare?: boolean
  /** What goes on of the configuration that this one replaces, on the same store. */
  before?: Kept
}

/**
 * Every part that knows no HTTP, made once. Only the composition may know this type: an endpoint names the few parts
 * that it needs, so its own parameter says what it may touch.
 */
export type Rooms = ReturnType<typeof makeRooms>

/** Makes the rooms of a configuration. Throws `ConfigError` for registrations that contradict themselves. */
export function makeRooms(config: Config, parts: Parts) {
  const { store, log, before, now = () => store.clock() } = parts
  const { env, issuer, entries } = config
  const { keys, hashed, queues, ...kept } = beginWith(config, before)
  const registry = config.store.durable ? (before?.registry ?? new Registry(store)) : undefined
  const shared = new Set<string>()
  const atRunTime = registry && { store, registry, log, isShared: (sub: string) => shared.has(sub) }
  const registrationKeys =
    kept.registrationKeys ?? new RegistrationKeys(config.store.durable ? store : undefined, keys)
  const others = parts.clients ?? []
  const resources = resourcesFor(config)
  const scopes = readScopeEntries(entries.scopes)
  const rules = rulesFor(config, hashed, now)
  const blocking = blockingOf(config, { now, registry })
  const documents = documentClientsOf(config, {
    approved: approvedDocuments(store, registry),
    ...{ rules, blocking },
  })
  const clients = clientsOf(config, {
    ...{ hashed, others, now, atRunTime, registrationKeys },
    ...{ documents: documents?.source, blocking },
  })
  const clientChanges = registry && clientChangesOf(config, { hashed, now, store, registry })
  const people = peopleOf(config, { queue: queues.people, now, atRunTime })
  const { users } = people
  const sessions = new Sessions({ store, keys, ttl: env.SESSION_TTL, idleTtl: env.SESSION_IDLE_TTL })
  const consents = new Consents(store)
  const grants = new Grants(store)
  const approvals = approvalsIn(store, registry)
  const subjects = new Subjects(env.PAIRWISE_SALT)
  const activity = new Activity(store)
  const journal = journalOf([logSink(log), activitySink(activity, { now, log })])
  const reports = reportsTo({ log, journal })
  const notice = (text: string) => log.warn(text)
  const signing = signingKeysOf(config, {
    ...{ store, keys, clients, now, notice },
    before: kept.signing,
  })
  const claimsOf = scopeClaims(scopes.claims)
  const idToken = idTokenIssuer({
    ...{ signing, subjects, issuer, leftOut: notesOfLargeClaims(log) },
    ttl: env.ID_TOKEN_TTL,
    scopes: claimsOf,
  })
  const allowed = allowedResources({ clients, resources })
  const jwts = jwtAccessTokens({ signing, subjects, resources, issuer, scopes: claimsOf })
  const tokens = issuerOf({ keys, idToken, jwts, resources })
  const inspector = inspectorOf({ keys, store, grants, clients, users, resources, jwts })
  const guard = loginGuard({
    users,
    checkPassword: passwordCheck(users, queues.people),
    throttle: new Throttle(store, keys),
  })
  const narrowed = new NarrowedScopes()
  const outbound = new Outbound({ reach: env.ALLOW_PRIVATE_ADDRESSES === 'true' ? 'private' : 'public' })
  const keySets = kept.keySets ?? new RemoteKeySets(outbound, notesOfKeys(log))
  const strangersKeySets =
    kept.strangersKeySets ?? new RemoteKeySets(strangersOutbound(issuer), notesOfKeys(log))
  const token_endpoint = `${issuer}/oauth/tokenize`
  const guesses = kept.guesses ?? new SecretGuesses(store, keys)
  const authenticateClient = clientAuthenticator({
    ...{ clients, store, keySets, strangersKeySets, approvals, guesses, issuer, token_endpoint },
  })
  const pipeline = tokenPipeline({
    ...{ clients, authenticateClient, issuer: tokens, keys, grants, users, guard, narrowed, allowed, now },
  })
  const sectors = new SectorDocuments(outbound)
  const records = { clients, users, sessions, consents, grants }
  const report = notesOfLogout(log)
  const backChannel = new BackChannel({ signing, subjects, outbound, issuer, now, report })
  const hints = new LogoutHints({ keys, signing, issuer })
  const sessionEnd = new SessionEnd({ sessions, grants, clients, backChannel })
  const visitors = visitorsOf({ users, sessions, sessionEnd, journal })
  const beginLogin = loginBeginner({ sessions, sessionEnd, journal })
  const issueResponse = responseIssuer({ grants, allowed, issuer: tokens })
  const authorization = {
    resolveRequest: requestResolver({ clients, documents, sectors, signing, allowed, scopes: claimsOf }),
    findSituation: situationFinder({ consents, subjects, scopes: claimsOf }),
    completeRequest: requestCompleter({ sessions, consents, grants, issueResponse, approvals }),
  }
  return {
    ...{
      config,
      issuer,
      store,
      log,
      journal,
      activity,
      reports,
      now,
      keys,
      queues,
      hashed,
      keySets,
      strangersKeySets,
      guesses,
      subjects,
      signing,
      scopes: scopes.sentences,
      publicScopes: rules.publicScopes,
      documents,
      groups: people.sentences,
      people,
      clientChanges,
      registrationKeys,
      approvals,
      registry,
      shared,
      resources,
      scopeClaims: claimsOf,
    },
    ...records,
    ...{
      authenticateClient,
      inspector,
      guard,
      narrowed,
      pipeline,
      sessionEnd,
      backChannel,
      hints,
      visitors,
      beginLogin,
    },
    ...authorization,
  }
}
