import cookie from '@fastify/cookie'
import type { FastifyInstance } from 'fastify'
import { DEMO, tryPath } from '../config/demo.ts'
import { ACCOUNT, registerAccount } from '../endpoints/account/account.ts'
import { registerAccountData } from '../endpoints/account/data.ts'
import { registerAccountDelete } from '../endpoints/account/delete.ts'
import { accountAsker } from '../endpoints/account/elevation.ts'
import { registerAccountPassword } from '../endpoints/account/password.ts'
import { registerAccountProfile } from '../endpoints/account/profile.ts'
import type { Asker } from '../endpoints/asker.ts'
import { authorizationAsker } from '../endpoints/authorization-asker.ts'
import { registerAuthorize } from '../endpoints/authorize.ts'
import { registerChangePassword } from '../endpoints/change-password.ts'
import { registerChoosePassword } from '../endpoints/choose-password.ts'
import { dispatcherOf } from '../endpoints/dispatcher.ts'
import { homeAsker, registerHome } from '../endpoints/home.ts'
import { registerIntrospect } from '../endpoints/introspect.ts'
import { registerJwks } from '../endpoints/jwks.ts'
import { registerLanguage } from '../endpoints/language.ts'
import { registerLogout } from '../endpoints/logout.ts'
import { metadataPaths, registerMetadata } from '../endpoints/metadata.ts'
import { registerProtectedResource, resourceMetadataPaths } from '../endpoints/protected-resource.ts'
import { REGISTER, registerRegister } from '../endpoints/register.ts'
import { registerStep } from '../endpoints/register-step.ts'
import { registerRevoke } from '../endpoints/revoke.ts'
import { registerTokenize } from '../endpoints/tokenize.ts'
import { registerUserinfo } from '../endpoints/userinfo.ts'
import { registerWebfinger, WEBFINGER } from '../endpoints/webfinger.ts'
import { Browser } from '../http/browser.ts'
import { cookiesOf } from '../http/cookies.ts'
import { allowCrossOrigin } from '../http/cors.ts'
import { handlePageErrors } from '../http/errors.ts'
import { readForms } from '../http/form.ts'
import { pageHeaders } from '../http/headers.ts'
import { sendToIssuer } from '../http/hosts.ts'
import type { Languages } from '../http/language.ts'
import type { RenderPage } from '../http/pages.ts'
import { pageSteps } from '../steps/index.ts'
import type { Rooms } from './rooms.ts'

/** What the doors share beside the rooms. */
export interface Front {
  /** URL prefix of our own paths: '' or the issuer's path. */
  base: string
  render: RenderPage
  languages: Languages
  /** Which methods each address has. */
  routes: ReadonlyMap<string, string[]>
}

/** What there is: metadata and keys, for everybody to read. */
export async function openDocuments(app: FastifyInstance, rooms: Rooms, { base, routes, languages }: Front) {
  const { issuer, config } = rooms
  const domains = config.entries.webfinger_domains ?? []
  const paths = metadataPaths(issuer)
  const url = (method: 'GET' | 'POST', path: string) =>
    app.hasRoute({ method, url: base + path }) ? issuer + path : undefined
  await app.register(async (scope) => {
    const webfinger = domains.length > 0 ? [WEBFINGER] : []
    const documents = [...paths, ...resourceMetadataPaths(issuer), ...webfinger, `${base}/oauth/jwks`]
    allowCrossOrigin(scope, documents, routes)
    registerMetadata(scope, paths, { ...rooms, url, languages })
    registerProtectedResource(scope, rooms)
    registerChangePassword(scope, rooms)
    if (domains.length > 0) registerWebfinger(scope, { issuer, domains })
    await scope.register(async (keyed) => registerJwks(keyed, rooms), { prefix: base })
  })
}

/** The endpoints that programs call, by themselves and without a cookie. */
export async function openDirect(app: FastifyInstance, rooms: Rooms, { base, routes }: Front) {
  const direct = async (scope: FastifyInstance) => {
    await readForms(scope)
    await scope.register(async (open) => {
      allowCrossOrigin(open, ['/oauth/tokenize', '/oauth/revoke', '/oauth/introspect'], routes)
      registerTokenize(open, rooms)
      registerRevoke(open, rooms)
      registerIntrospect(open, rooms)
    })
    const { registration = 'off' } = rooms.config.entries
    if (registration !== 'off')
      await scope.register(async (open) => {
        allowCrossOrigin(open, [REGISTER], routes)
        registerRegister(open, { ...rooms, registration })
      })
    await scope.register(async (open) => {
      allowCrossOrigin(open, ['/oauth/userinfo'], routes)
      registerUserinfo(open, rooms)
    })
  }
  await app.register(direct, { prefix: base })
}

/** The pages: what a person sees in a browser. */
export async function openPages(app: FastifyInstance, rooms: Rooms, { base, render, languages }: Front) {
  const { config, keys, issuer, reports } = rooms
  const url = new URL(issuer)
  const demo = config.demo ? { username: DEMO.username, password: DEMO.password } : undefined
  const tryHref = config.demo ? tryPath(base) : undefined
  const pages = async (scope: FastifyInstance) => {
    await readForms(scope)
    await scope.register(cookie)
    pageHeaders(scope, base + ACCOUNT)
    sendToIssuer(scope, url)
    handlePageErrors(scope, { reports, render, base, origin: url.origin })
    const canRemember = config.entries.remember_logins !== 'off'
    const steps = pageSteps({ ...rooms, demo, canRemember })
    const common = {
      ...rooms,
      base,
      render,
      steps,
      browser: new Browser(keys, cookiesOf(url), url),
      sessionTtl: config.env.SESSION_TTL,
    }
    const dispatcher = dispatcherOf(common)
    const asker = authorizationAsker(common)
    registerAuthorize(scope, asker, { ...common, dispatcher })
    const askers = [homeAsker(base), accountAsker(base), asker] as readonly Asker[]
    for (const step of Object.values(steps)) registerStep(scope, step, { ...common, dispatcher, askers })
    registerLogout(scope, common)
    const { changes } = rooms.people
    if (changes !== undefined)
      registerChoosePassword(scope, { ...common, people: changes, queue: rooms.queues.people })
    registerHome(scope, { ...common, tryHref })
    registerLanguage(scope, { ...common, languages })
    const { account_deletion = 'off', clients: filed } = config.entries
    const own_apps = filed.flatMap(({ client_id, client_uri }) => (client_uri ? [client_id] : []))
    const canDelete = account_deletion === 'on'
    const account = { ...common, tryHref, people: changes, own_apps, canDelete }
    registerAccount(scope, account)
    registerAccountData(scope, account)
    if (changes !== undefined) {
      const own = { ...account, people: changes, queue: rooms.queues.people }
      registerAccountPassword(scope, own)
      registerAccountProfile(scope, own)
      if (canDelete) registerAccountDelete(scope, own)
    }
  }
  await app.register(pages, { prefix: base })
}
