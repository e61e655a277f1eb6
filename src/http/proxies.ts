import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Logger } from './logger.ts'

const PROXY_HEADERS = ['x-forwarded-for', 'x-forwarded-proto', 'x-forwarded-host'] as const

/**
 * Says once in this process what a proxy in front tells of itself and the configuration does not know: its address,
 * without which all people share one counter of failed logins, and that it serves https.
 */
export function noticeProxies(app: FastifyInstance, { log, issuer }: { log: Logger; issuer: URL }): void {
  let unnamed = false
  // Whose headers were believed last: mostly there is one proxy, and it need not be looked at again.
  let named: string | undefined
  let https = issuer.protocol === 'https:'
  app.addHook('onRequest', (request, _reply, done) => {
    const { headers } = request.raw
    // Without a proxy, and that is every request of many servers, there is nothing to look at.
    if (PROXY_HEADERS.every((name) => headers[name] === undefined)) return done()
    const { remoteAddress } = request.socket
    if (!unnamed && remoteAddress !== named) {
      unnamed = comesFromUnnamed(request)
      if (unnamed) log.warn({ address: addressOf(request) }, unnamedProxy(addressOf(request)))
      else if (request.headers['x-forwarded-for']) named = remoteAddress
    }
    if (!https && lastOf(request.headers['x-forwarded-proto']) === 'https') {
      https = true
      log.warn({ address: addressOf(request) }, httpIssuer(addressOf(request), issuer))
    }
    done()
  })
}

/** Whether the request has headers of a proxy that were not believed. */
function comesFromUnnamed(request: FastifyRequest): boolean {
  const { headers } = request
  // RFC 6761 §6.4: no host has such a name, so no proxy serves it. `doctor` tries so what is believed.
  if (lastOf(headers['x-forwarded-host'])?.endsWith('.invalid')) return false
  // The first of `ips` is who connected; others follow only if that one is named.
  if (headers['x-forwarded-for']) return (request.ips?.length ?? 1) < 2
  const [protocol, host] = [lastOf(headers['x-forwarded-proto']), lastOf(headers['x-forwarded-host'])]
  if (protocol !== undefined && protocol !== request.protocol) return true
  return host !== undefined && host !== request.host
}

/** A header may have passed several proxies; the nearest one's word is the last. */
function lastOf(header: string | string[] | undefined): string | undefined {
  return header === undefined ? undefined : String(header).split(',').at(-1)?.trim()
}

function httpIssuer(address: string, { origin }: URL): string {
  return `a proxy at ${address} serves https (X-Forwarded-Proto), but ISSUER is ${origin}; set ISSUER to the https URL that browsers use`
}

function unnamedProxy(address: string): string {
  return `X-Forwarded-* headers come from ${address}, which TRUST_PROXY does not name, so everybody behind it shares one counter of failed logins; if that is your proxy, add its address: TRUST_PROXY=${address}`
}

function addressOf({ socket }: FastifyRequest): string {
  return (socket.remoteAddress ?? 'unknown').replace(/^::ffff:(?=\d+\.)/i, '')
}
