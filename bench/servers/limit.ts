/**
 * The limit: what Fastify itself costs for the same form, the same headers, the same log lines and an answer of the same
 * size. With `WORK=proof` also the proof work that nobody can leave out: the secret's digest, the look-ups, the MACs.
 */
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

// As Postern does it: a start is compared too.
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/limit', import.meta.url)))
const { serve } = await import('./limit-server.ts')
await serve(process.env.WORK === 'proof')
