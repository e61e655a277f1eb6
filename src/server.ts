import { fileURLToPath } from 'node:url'
import cookie from '@fastify/cookie'
import view from '@fastify/view'
import ejs from 'ejs'
import type { FastifyInstance } from 'fastify'
import { AnswerMaker } from './authorization/answer.ts'
import { AuthorizationDesk } from './authorization/desk.ts'
import { SectorDocuments } from './authorization/sector-documents.ts'
import type { Client } from './clients/client.ts'
import { NarrowedScopes } from './clients/narrowed-scopes.ts'
import { FileClients } from './clients/registry.ts'
import { Subjects } from './clients/subjects.ts'
import type { Config } from './config/config.ts'
import { ConfigError } from './config/config-error.ts'
import { DEMO } from './config/demo.ts'
import type { Environment } from './config/environment.ts'
import { Consents } from './consents/consents.ts'
import { registerAssets } from './endpoints/assets.ts'
import { registerAuthorize } from './endpoints/authorize.ts'
import { registerConsent } from './endpoints/consent.ts'
import { FrontChannel } from './endpoints/front-channel.ts'
import { registerHealth } from './endpoints/health.ts'
import { registerHome } from './endpoints/home.ts'
import { registerIntrospect } from './endpoints/introspect.ts'
import { registerJwks } from './endpoints/jwks.ts'
import { registerLogin } from './endpoints/login.ts'
import { registerLogout } from './endpoints/logout.ts'
import { metadataPaths, registerMetadata } from './endpoints/metadata.ts'
import { registerRevoke } from './endpoints/revoke.ts'
import { registerSelectAccount } from './endpoints/select-account.ts'
import { registerTokenize } from './endpoints/tokenize.ts'
import { registerUserinfo } from './endpoints/userinfo.ts'
import { grantTypes as allGrantTypes } from './grant-types/index.ts'
import { tokenPipeline } from './grant-types/pipeline.ts'
import { Grants } from './grants/grants.ts'
import { Browser } from './http/browser.ts'
import { cookiesOf } from './http/cookies.ts'
import { allowCrossOrigin } from './http/cors.ts'
import { handleErrors, handlePageErrors } from './http/errors.ts'
import { readForms } from './http/form.ts'
import { guardDemo, sendToIssuer } from './http/hosts.ts'
import { createInstance } from './http/instance.ts'
import type { Logger } from './http/logger.ts'
import { assetsVersion, pageHeaders, pageRenderer, readAssets } from './http/pages.ts'
import { noticeProxies } from './http/proxies.ts'
import { handleUnknownRoutes, rememberRoutes } from './http/unknown-routes.ts'
import { BackChannel } from './logout/back-channel.ts'
import { LogoutHints } from './logout/logout-hint.ts'
import { SessionEnd } from './logout/session-end.ts'
import { Outbound } from './outbound/outbound.ts'
import { BcryptQueue } from './passwords/bcrypt-queue.ts'
import { Keys } from './secrets/keys.ts'
import { randomText } from './secrets/random.ts'
import { Sessions } from './sessions/sessions.ts'
import { followKeys, loadKeys, signingKeysOf } from './signing.ts'
import type { Store } from './store/store.ts'
import { Throttle } from './throttle/throttle.ts'
import { IdTokens } from './tokens/id-token.ts'
import { TokenInspector } from './tokens/inspector.ts'
import { Issuer } from './tokens/issuer.ts'
import { JwtAccessTokens } from './tokens/jwt-access-token.ts'
import { LoginGuard } from './users/login-guard.ts'
import { FileUsers } from './users/registry.ts'

/** What a server is made of beside its configuration. */
export interface Parts {
  store: Store
  log: Logger
  /** Seconds since the epoch; the store's clock by default. Tests pass their own. */
  now?: () => number
  /** False where the configuration is only checked: nothing is made or kept then. */
  prepare?: boolean
}

// Hashes run on the process' pool of four threads: three at most, one of them for clients, so that neither a
// flood of logins nor one of wrong client secrets starves the other, or DNS and files.
const LOGIN_QUEUE = { concurrency: 2, limit: 64 }
const CLIENT_QUEUE = { concurrency: 1, limit: 64 }

const VIEWS = fileURLToPath(new URL('../views', import.meta.url))

/**
 * The composition root: makes every part once and hands each endpoint exactly what it needs. Throws
 * `ConfigError` for registrations that contradict themselves. The instance is ready to listen or to inject.
 */
export async function createServer(config: Config, parts: Parts): Promise<FastifyInstance> {
  try {
    return await compose(config, parts)
  } catch (error) {
    // The server closes its store when it ends: also where it never began, or the connection keeps the process.
    await parts.store.close()
    throw error
  }
}

async function compose(
  config: Config,
  { store, log, now = () => store.clock(), prepare = true }: Parts,
): Promise<FastifyInstance> {
  const { env, issuer, demo, entries } = config
  const keys = new Keys(config.secretKeys.length > 0 ? config.secretKeys : [randomText(32)], issuer)
  const clients = new FileClients(entries.clients, { env, queue: new BcryptQueue(CLIENT_QUEUE), keys })
  const users = new FileUsers(entries.users, { queue: new BcryptQueue(LOGIN_QUEUE), demo, now: now() })
  const sessions = new Sessions({ store, keys, ttl: env.SESSION_TTL, idleTtl: env.SESSION_IDLE_TTL })
  const consents = new Consents(store)
  const grants = new Grants(store)
  const all = clients.all()
  checkClients(all, env)
  const subjects = new Subjects(env.PAIRWISE_SALT)
  const notice = (text: string) => log.warn(text)
  const signing = signingKeysOf(config, { store, keys, clients: all, now, notice })
  const kept = prepare && (env.STORE === 'redis' || env.SIGNING_KEYS_FILE !== '')
  if (kept) await loadKeys(signing, { store, log })
  const idTokens = new IdTokens({ signing, subjects, issuer, ttl: env.ID_TOKEN_TTL })
  const jwts = new JwtAccessTokens({ signing, subjects, issuer })
  const tokens = new Issuer({ keys, idTokens, jwts })
  const inspector = new TokenInspector({ keys, store, grants, clients, users, jwts })
  const guard = new LoginGuard({ users, throttle: new Throttle(store, keys) })
  const narrowed = new NarrowedScopes()
  const grantTypes = allGrantTypes({ keys, grants, users, guard, clients: all, narrowed, now })
  const pipeline = tokenPipeline({ clients, grantTypes, issuer: tokens })
  const answers = new AnswerMaker({ grants, issuer: tokens })
  const outbound = new Outbound({ allowPrivate: env.ALLOW_PRIVATE_ADDRESSES === 'true' })
  const desk = new AuthorizationDesk({
    clients,
    users,
    sessions,
    consents,
    grants,
    answers,
    signing,
    subjects,
    sectors: new SectorDocuments(outbound),
  })

  const report = (client_id: string, problem: string | undefined) =>
    problem === undefined
      ? log.info({ client_id }, 'logout_delivered')
      : log.warn({ client_id, detail: problem }, 'logout_undelivered')
  const backChannel = new BackChannel({ signing, subjects, outbound, issuer, now, report })
  const hints = new LogoutHints({ keys, signing, issuer })
  const sessionEnd = new SessionEnd({ sessions, grants, clients, backChannel })

  const issuerUrl = new URL(issuer)
  const base = issuerUrl.pathname === '/' ? '' : issuerUrl.pathname
  const views = env.VIEWS_DIR || VIEWS
  const assets = readAssets(views)
  const render = pageRenderer({ base, assets: assetsVersion(assets) })
  const app = createInstance(log, env.TRUST_PROXY)
  const routes = rememberRoutes(app)
  await app.register(view, { engine: { ejs }, root: views, production: true })
  if (demo) guardDemo(app, env.DEMO_HOSTS)
  else noticeProxies(app, { log, issuer: issuerUrl })
  handleErrors(app, log)
  handleUnknownRoutes(app, { routes, render, base })
  registerHealth(app, { store })

  const metadata = metadataPaths(issuer)
  const url = (method: 'GET' | 'POST', path: string) =>
    app.hasRoute({ method, url: base + path }) ? issuer + path : undefined
  await app.register(async (scope) => {
    allowCrossOrigin(scope, [...metadata, `${base}/oauth/jwks`], routes)
    const { algorithms } = signing
    registerMetadata(scope, metadata, () => ({ issuer, url, grantTypes, clients: all, algorithms }))
    await scope.register(async (keyed) => registerJwks(keyed, { signing }), { prefix: base })
  })

  const direct = async (scope: FastifyInstance) => {
    await readForms(scope)
    registerIntrospect(scope, { clients, inspector, subjects, log, issuer, now })
    await scope.register(async (open) => {
      allowCrossOrigin(open, ['/oauth/tokenize', '/oauth/revoke'], routes)
      registerTokenize(open, { pipeline, log, now })
      registerRevoke(open, { clients, inspector, log, now })
    })
    await scope.register(async (open) => {
      allowCrossOrigin(open, ['/oauth/userinfo'], routes)
      registerUserinfo(open, { inspector, signing, subjects, log, issuer, now })
    })
  }
  await app.register(direct, { prefix: base })

  const pages = async (scope: FastifyInstance) => {
    await readForms(scope)
    await scope.register(cookie)
    const browser = new Browser(keys, cookiesOf(issuerUrl), issuerUrl)
    pageHeaders(scope, issuerUrl.protocol === 'https:')
    sendToIssuer(scope, issuerUrl)
    handlePageErrors(scope, { log, render })
    const sentences = entries.scopes
    const account = demo ? { username: DEMO.username, password: DEMO.password } : undefined
    const common = { desk, browser, sessionEnd, render, log, base, scopes: sentences, now }
    const channel = new FrontChannel({ ...common, issuer, demo: account })
    registerAuthorize(scope, { desk, channel, narrowed, browser, log, base, now })
    registerLogin(scope, { ...common, channel, guard, sessions })
    registerSelectAccount(scope, { ...common, channel, sessions })
    registerConsent(scope, { ...common, channel })
    registerLogout(scope, { ...common, clients, hints, subjects, issuer })
    registerHome(scope, { ...common, clients, grants, consents, tryHref: demo ? tryPath(base) : undefined })
  }
  await app.register(pages, { prefix: base })
  await app.register(async (scope) => registerAssets(scope, assets), { prefix: base })
  const stopFollowing = followKeys(signing, { kept, log })
  app.addHook('onClose', async () => {
    stopFollowing()
    backChannel.close()
    await store.close()
  })
  return app
}

// What of a client depends on the environment.
function checkClients(clients: readonly Client[], env: Environment): void {
  const paired = clients.find(({ sector }) => sector !== undefined)
  // Without it they would be derived from nothing, for everybody to compute.
  if (paired !== undefined && env.PAIRWISE_SALT === '') {
    throw new ConfigError(`PAIRWISE_SALT is not set; client ${paired.client_id} has subject_type pairwise`)
  }
  const plain = clients.find(({ backchannel_logout_uri: uri = '' }) => URL.parse(uri)?.protocol === 'http:')
  if (plain !== undefined && env.ALLOW_PRIVATE_ADDRESSES !== 'true') {
    throw new ConfigError(
      `ALLOW_PRIVATE_ADDRESSES is false, so the http backchannel_logout_uri of client ${plain.client_id} would never be asked; use https`,
    )
  }
}

/** The walk-through's authorization request, as a path. */
export function tryPath(base: string): string {
  const { client_id, redirect_uri } = DEMO
  const query = new URLSearchParams({
    client_id,
    redirect_uri,
    response_type: 'code',
    state: 'somestate',
    scope: 'email',
  })
  return `${base}/oauth/authorize?${query}`
}
