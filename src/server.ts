import view from '@fastify/view'
import ejs from 'ejs'
import type { FastifyInstance } from 'fastify'
import { refuseClashes } from './composition/clashes.ts'
import { type Front, openDirect, openDocuments, openPages } from './composition/doors.ts'
import { inviteFirst } from './composition/first-person.ts'
import type { Kept } from './composition/kept.ts'
import { makeRooms, type Parts } from './composition/rooms.ts'
import { followKeys, loadKeys, planOf } from './composition/signing.ts'
import type { Config } from './config/config.ts'
import { offeredLanguages } from './config/languages.ts'
import { registerAssets } from './endpoints/assets.ts'
import { registerHealth } from './endpoints/health.ts'
import { brandOf, brandsOfClients } from './http/brand/brand.ts'
import { cookiesOf } from './http/cookies.ts'
import { handleErrors } from './http/errors.ts'
import { assetHeaders, commonHeaders } from './http/headers.ts'
import { guardDemo } from './http/hosts.ts'
import { createInstance } from './http/instance.ts'
import { assetsVersion, pageRenderer, readAssets } from './http/pages.ts'
import { noticeProxies } from './http/proxies.ts'
import { routePath } from './http/route-paths.ts'
import { BUILT_IN } from './http/templates.ts'
import { handleUnknownRoutes, rememberRoutes } from './http/unknown-routes.ts'

/** The server of one configuration: another one can take its place on the same listener and the same store. */
export interface Generation {
  app: FastifyInstance
  /** What goes on if another one takes its place. */
  kept: Kept
  /** What it does once it listens: whoever runs an empty server is told how to get in. */
  listening(): Promise<void>
  /** What it does by itself ends. Requests under way, and notices to clients, go on. */
  retire(): void
  /** Notices to clients end, too. */
  end(): void
}

/**
 * Makes a server that closes its store when it ends, or if it cannot begin. Throws `ConfigError` for registrations that
 * contradict themselves. The instance is ready to listen or to inject.
 */
export async function createServer(config: Config, parts: Parts): Promise<FastifyInstance> {
  const { store } = parts
  try {
    const { app, retire, end } = await createGeneration(config, parts)
    app.addHook('onClose', async () => {
      retire()
      end()
      await store.close()
    })
    return app
  } catch (error) {
    // Or its connection keeps the process.
    await store.close()
    throw error
  }
}

/** Makes the rooms of a configuration, and the doors that lead to them. Its store is the caller's. Throws as `createServer`. */
export async function createGeneration(config: Config, parts: Parts): Promise<Generation> {
  try {
    return await compose(config, parts)
  } catch (error) {
    const { before } = parts
    // They are shared with the one that stays.
    before?.signing.replan(planOf(before.config, before.clients))
    throw error
  }
}

async function compose(config: Config, parts: Parts): Promise<Generation> {
  const { env, issuer, demo } = config
  const { store, log, prepare = true } = parts
  const rooms = makeRooms(config, parts)
  const { signing, reports } = rooms
  // Keys in the store outlive a configuration whose SECRET_KEYS may not open them.
  const isLeft = parts.before?.signing.loaded === true && parts.before.signing !== signing
  const isKept = prepare && (config.store.durable || env.SIGNING_KEYS_FILE !== '')
  if (isKept || isLeft) await loadKeys(signing, { store, log })
  const { registry, shared, people } = rooms
  const looks = prepare && registry !== undefined
  const endLooking = looks
    ? await refuseClashes({ store, registry, log, shared }, { config, file: people.file })
    : () => {}

  const url = new URL(issuer)
  const base = url.pathname === '/' ? '' : url.pathname
  const views = env.VIEWS_DIR || BUILT_IN
  const brand = brandOf(config.entries.branding, issuer)
  const brands = brandsOfClients(config.entries, issuer)
  const files = [brand, ...brands.values()].flatMap((one) => [...one.assets])
  const assets = new Map([...readAssets(views), ...files])
  const languages = { offered: offeredLanguages(config.entries), cookie: cookiesOf(url).language }
  const render = pageRenderer(
    { base, assets: assetsVersion(assets), brand: brand.view },
    views,
    languages,
    new Map([...brands].map(([client_id, { view }]) => [client_id, view])),
  )
  const routes = new Map<string, string[]>()
  const app = createInstance(log, env.TRUST_PROXY, routePath(base, routes))
  rememberRoutes(app, routes)
  commonHeaders(app, url.protocol === 'https:')
  const front: Front = { base, render, routes, languages }
  await app.register(view, { engine: { ejs }, root: views, production: true })
  if (demo) guardDemo(app, env.DEMO_HOSTS)
  else noticeProxies(app, { log, issuer: url })
  handleErrors(app, reports)
  handleUnknownRoutes(app, front)
  registerHealth(app, rooms)
  await openDocuments(app, rooms, front)
  await openDirect(app, rooms, front)
  await openPages(app, rooms, front)
  const serveFiles = async (scope: FastifyInstance) => {
    assetHeaders(scope)
    registerAssets(scope, assets)
  }
  await app.register(serveFiles, { prefix: base })
  const endFollowing = followKeys(signing, { kept: isKept, log })
  const retire = () => {
    endFollowing()
    endLooking()
  }
  const invite = { changes: people.changes, keys: rooms.keys, log }
  const listening = () => inviteFirst(invite, config)
  return { app, kept: rooms, listening, retire, end: () => rooms.backChannel.close() }
}
