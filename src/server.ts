import view from '@fastify/view'
import ejs from 'ejs'
import type { FastifyInstance } from 'fastify'
import { type Front, openDirect, openDocuments, openPages } from './composition/doors.ts'
import { makeRooms, type Parts } from './composition/rooms.ts'
import { followKeys, loadKeys } from './composition/signing.ts'
import type { Config } from './config/config.ts'
import { registerAssets } from './endpoints/assets.ts'
import { registerHealth } from './endpoints/health.ts'
import { handleErrors } from './http/errors.ts'
import { guardDemo } from './http/hosts.ts'
import { createInstance } from './http/instance.ts'
import { assetsVersion, BUILT_IN, pageRenderer, readAssets } from './http/pages.ts'
import { noticeProxies } from './http/proxies.ts'
import { handleUnknownRoutes, rememberRoutes } from './http/unknown-routes.ts'

/**
 * Makes the server: its rooms, and the doors that lead to them. Throws `ConfigError` for registrations that contradict
 * themselves. The instance is ready to listen or to inject.
 */
export async function createServer(config: Config, parts: Parts): Promise<FastifyInstance> {
  try {
    return await compose(config, parts)
  } catch (error) {
    // The server closes its store when it ends: also if it never began, or the connection keeps the process.
    await parts.store.close()
    throw error
  }
}

async function compose(config: Config, parts: Parts): Promise<FastifyInstance> {
  const { env, issuer, demo } = config
  const { store, log, prepare = true } = parts
  const rooms = makeRooms(config, parts)
  const { signing, backChannel, reports } = rooms
  const kept = prepare && (config.store.durable || env.SIGNING_KEYS_FILE !== '')
  if (kept) await loadKeys(signing, { store, log })

  const url = new URL(issuer)
  const base = url.pathname === '/' ? '' : url.pathname
  const views = env.VIEWS_DIR || BUILT_IN
  const assets = readAssets(views)
  const render = pageRenderer({ base, assets: assetsVersion(assets) }, views)
  const app = createInstance(log, env.TRUST_PROXY)
  const front: Front = { base, render, routes: rememberRoutes(app) }
  await app.register(view, { engine: { ejs }, root: views, production: true })
  if (demo) guardDemo(app, env.DEMO_HOSTS)
  else noticeProxies(app, { log, issuer: url })
  handleErrors(app, reports)
  handleUnknownRoutes(app, front)
  registerHealth(app, rooms)
  await openDocuments(app, rooms, front)
  await openDirect(app, rooms, front)
  await openPages(app, rooms, front)
  await app.register(async (scope) => registerAssets(scope, assets), { prefix: base })
  const stopFollowing = followKeys(signing, { kept, log })
  app.addHook('onClose', async () => {
    stopFollowing()
    backChannel.close()
    await store.close()
  })
  return app
}
