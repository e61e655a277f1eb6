import type { FastifyInstance } from 'fastify'
import type { Asset } from '../http/pages.ts'

// A drawing that is opened by itself is a document of this origin, and may hold scripts.
const DRAWING = "default-src 'none'; style-src 'unsafe-inline'; sandbox"

/** `GET /assets/…`: the stylesheet, the mark and the one script. Their URLs carry their version. */
export function registerAssets(app: FastifyInstance, assets: ReadonlyMap<string, Asset>): void {
  for (const [name, { body, type }] of assets) {
    app.get(`/assets/${name}`, { exposeHeadRoute: true, config: { quiet: true } }, async (_request, reply) =>
      reply
        .type(type)
        .header('cache-control', 'public, max-age=31536000, immutable')
        .header('content-security-policy', DRAWING)
        .send(body),
    )
  }
}
