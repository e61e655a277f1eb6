import type { IncomingMessage } from 'node:http'
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify'
import { randomText } from '../secrets/random.ts'
import { Connections, HEAD_LIMITS, UNREAD_LIMIT } from './connections.ts'
import type { Logger } from './logger.ts'
import type { RoutePath } from './route-paths.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** What its listener's connections may cost, and who handles their requests. */
    connections: Connections
  }
  interface FastifyContextConfig {
    /** Asked all the time, by probes and pages: successes are logged at debug level only. */
    quiet?: true
  }
}

/** Bytes: the largest body that any endpoint reads. */
const BODY_LIMIT = 64 * 1024

/**
 * The bare instance: what holds for every route. One log line a request, with the route's pattern and never its
 * URL, whose query carries codes and states. `routePath` says which route an address stands for.
 */
export function createInstance(
  log: Logger,
  trustProxy: readonly string[],
  routePath: RoutePath = (url) => url,
): FastifyInstance {
  const run = randomText(4)
  let count = 0
  const connections = new Connections(log)
  const instance = fastify({
    loggerInstance: log,
    // A child logger per request costs more than the line itself; the lines carry the id themselves.
    childLoggerFactory: (logger) => logger,
    logController: new RequestLog(log),
    genReqId: () => `${run}-${(++count).toString(36)}`,
    requestIdHeader: false,
    trustProxy: trustProxy.length > 0 && [...trustProxy],
    bodyLimit: BODY_LIMIT,
    rewriteUrl: (request) => routePath(originForm(request)),
    // While stopping, what still arrives on an open connection is served, not turned away.
    return503OnClosing: false,
    // A HEAD must not run what a GET does: at the authorization endpoint that issues a code.
    exposeHeadRoutes: false,
    forceCloseConnections: 'idle',
    requestTimeout: 30_000,
    // No route validates by a schema (the protocol's parameters have their own reader), so nothing is loaded for it.
    schemaController: { compilersFactory: { buildValidator: noValidator } },
    http: HEAD_LIMITS,
    connectionTimeout: UNREAD_LIMIT,
    // Malformed HTTP never reaches a route: answered there, without echoing what it was.
    clientErrorHandler: (error, socket) => connections.refuse(error, socket),
    frameworkErrors: ({ code }, { id, method, ip }, reply) => {
      log.info({ req: id, method, route: 'none', status: 400, error: code, ip }, 'request')
      ;(reply as FastifyReply).code(400).type('text/plain').send('the request URL is malformed\n')
    },
  })
  // Only forms are read anywhere: anything else is 415 before a parser sees it.
  instance.removeAllContentTypeParsers()
  connections.guard(instance.server)
  instance.decorate('connections', connections)
  return instance as unknown as FastifyInstance
}

/**
 * RFC 9112 §3.2.2: a request target may be a whole URL, as for a proxy, and its host then counts, not `Host`. From here
 * on it is a path as always: what is made of it (a query, an address of ours) relies on that.
 */
function originForm({ url = '/', headers }: IncomingMessage): string {
  if (url.startsWith('/')) return url
  const [, host, rest = url] = /^https?:\/\/([^/?#]*)(.*)$/i.exec(url) ?? []
  if (host !== undefined) headers.host = host
  return rest.startsWith('/') ? rest : `/${rest}`
}

function noValidator(): never {
  throw new Error('routes take parameters through protocol/parameters.ts, not through a schema')
}

/** One line for each request. The framework's other lines would carry the URL: none of them is written. */
class RequestLog extends LogController {
  readonly #log: Logger

  constructor(log: Logger) {
    super({ disableRequestLogging: true })
    this.#log = log
  }

  override requestCompleted(_error: unknown, request: FastifyRequest, reply: FastifyReply): void {
    logRequest(this.#log, request, reply)
  }
}

function logRequest(log: Logger, request: FastifyRequest, reply: FastifyReply): void {
  // Once: the getter makes a new object each time.
  const { url, config } = request.routeOptions
  const line = {
    req: request.id,
    method: request.method,
    route: url ?? 'none',
    status: reply.statusCode,
    ms: Math.round(reply.elapsedTime * 10) / 10,
    ip: request.ip,
  }
  if (reply.statusCode >= 500) log.error(line, 'request')
  else if (config.quiet && reply.statusCode < 400) log.debug(line, 'request')
  else log.info(line, 'request')
}
