// What clients that introduce themselves cost: node bench/introduced.ts, in some minutes. Writes docs/benchmarks-introduced.md.
import { hash, randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createSite } from 'node:http'
import type { AddressInfo } from 'node:net'
import { availableParallelism, cpus, loadavg, release, tmpdir, type } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { approvalsIn } from '../src/clients/introduced/approvals.ts'
import { loadConfig } from '../src/config/config.ts'
import { createLogger } from '../src/http/logger.ts'
import { createServer } from '../src/server.ts'
import { MemoryStore } from '../src/store/memory.ts'
import type { Store } from '../src/store/store.ts'
import { Agent, answerOf } from '../test/support/browser-agent.ts'
import { RedisServer } from '../test/support/redis.ts'
import { openRedis } from '../test/support/redis-store.ts'
import { openSqlite } from '../test/support/sqlite-store.ts'
import { type Figure, figureOf, ratioOf } from './harness/statistics.ts'

const REGISTRATIONS = 100_000
const APPROVALS = 1000
const ROUNDS = 15
const REFRESHES = 300
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const REDIRECT = 'https://agent.example/cb'
const KINDS = ['file', 'registered', 'document'] as const

type Kind = (typeof KINDS)[number]

interface Found {
  store: string
  /** Records that were added: by all registrations, by all approvals. */
  records: [number, number]
  /** Bytes of an approval, as far as the store says it. */
  bytes: number | undefined
  /** Bytes of heap that all registrations left. */
  heap: number
  /** Microseconds of CPU of a refresh, round by round. */
  refresh: Record<Kind, number[]>
}

/** A store, and what it says of its size. */
interface Place {
  name: string
  store: Store
  env: Record<string, string>
  size(): Promise<{ records: number; bytes: number | undefined }>
  close(): Promise<void>
}

const folder = mkdtempSync(join(tmpdir(), 'postern-introduced-'))
const site = createSite((request, response) => {
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  response.setHeader('content-type', 'application/json')
  response.end(JSON.stringify({ client_id: origin + request.url, ...metadata('Document') }))
})
await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
const [load = 0] = loadavg()
const found: Found[] = []
for (const place of [memory, sqlite, redis]) found.push(await lookAt(await place()))
site.close()
rmSync(folder, { recursive: true })
const out = fileURLToPath(new URL('../docs/benchmarks-introduced.md', import.meta.url))
writeFileSync(out, documentOf(found))
console.error(`written: ${out}`)

function metadata(client_name: string) {
  return {
    ...{ client_name, redirect_uris: [REDIRECT], token_endpoint_auth_method: 'none' as const },
    grant_types: ['authorization_code', 'refresh_token'],
  }
}

async function lookAt(place: Place): Promise<Found> {
  const { store, name, env } = place
  console.error(name)
  const config = loadConfig({ SECRET_KEYS: randomBytes(32).toString('base64'), ...env })
  config.entries.clients.push({ client_id: 'file', ...metadata('File'), scope: 'openid' })
  const app = await createServer(config, { store, log: createLogger('silent', { write() {} }) })
  const refresh = await refreshes(app)
  const [before, heapBefore] = [await place.size(), heapNow()]
  for (let at = 0; at < REGISTRATIONS; at++) await register(app, `Agent ${at}`)
  const [registered, heap] = [await place.size(), heapNow() - heapBefore]
  await approve(store)
  const approved = await place.size()
  const bytes =
    approved.bytes === undefined ? undefined : (approved.bytes - (registered.bytes ?? 0)) / APPROVALS
  await app.close()
  await place.close()
  return {
    ...{ store: name, heap, bytes, refresh },
    records: [registered.records - before.records, approved.records - registered.records],
  }
}

async function register(app: FastifyInstance, name: string): Promise<string> {
  const answer = await app.inject({
    method: 'POST',
    url: '/oauth/register',
    headers: { host: 'localhost:8000', 'content-type': 'application/json' },
    payload: JSON.stringify(metadata(name)),
  })
  return answer.json().client_id
}

async function approve(store: Store): Promise<void> {
  const approvals = approvalsIn(store)
  for (let at = 0; at < APPROVALS; at++) {
    const client = { client_id: `ci_${randomBytes(180).toString('base64url')}`, client_name: `Agent ${at}` }
    await approvals.note(
      { ...client, redirect_uris: [REDIRECT], introduced: { consent_id: client.client_id } } as never,
      store.clock(),
    )
  }
}

/** What a refresh of each kind of client costs, taken in turns: what disturbs one disturbs all. */
async function refreshes(app: FastifyInstance): Promise<Record<Kind, number[]>> {
  const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`
  const ids = {
    file: 'file',
    registered: await register(app, 'Registered'),
    document: `${origin}/client.json`,
  }
  const tokens = {} as Record<Kind, string>
  const costs: Record<Kind, number[]> = { file: [], registered: [], document: [] }
  for (const kind of KINDS) tokens[kind] = await firstToken(app, ids[kind])
  const some = async (kind: Kind, count: number) => {
    const begin = process.cpuUsage()
    for (let at = 0; at < count; at++) {
      const form = { grant_type: 'refresh_token', client_id: ids[kind], refresh_token: tokens[kind] }
      tokens[kind] = String((await post(app, form)).refresh_token)
    }
    const { user, system } = process.cpuUsage(begin)
    return (user + system) / count
  }
  for (const kind of KINDS) await some(kind, REFRESHES * 5)
  for (let round = 0; round < ROUNDS; round++)
    for (const kind of KINDS) costs[kind].push(await some(kind, REFRESHES))
  return costs
}

async function firstToken(app: FastifyInstance, client_id: string): Promise<string> {
  const agent = new Agent(app)
  const challenge = { code_challenge: hash('sha256', VERIFIER, 'base64url'), code_challenge_method: 'S256' }
  const asked = { client_id, redirect_uri: REDIRECT, response_type: 'code', scope: 'openid', ...challenge }
  const page = await agent.login(await agent.get(`/oauth/authorize?${new URLSearchParams(asked)}`))
  const code = answerOf(await agent.submit(page, { decision: 'approve' })).get('code') ?? ''
  const form = { grant_type: 'authorization_code', client_id, code, redirect_uri: REDIRECT }
  return String((await post(app, { ...form, code_verifier: VERIFIER })).refresh_token)
}

async function post(app: FastifyInstance, form: Record<string, string>): Promise<Record<string, unknown>> {
  const answer = await app.inject({
    method: 'POST',
    url: '/oauth/tokenize',
    headers: { host: 'localhost:8000', 'content-type': 'application/x-www-form-urlencoded' },
    payload: new URLSearchParams(form).toString(),
  })
  if (answer.statusCode !== 200) throw new Error(`${answer.statusCode} ${answer.body}`)
  return answer.json()
}

async function memory(): Promise<Place> {
  const store = new MemoryStore()
  let created = 0
  const counted = new Proxy(store, {
    get(target, verb) {
      const value = Reflect.get(target, verb, target)
      if (typeof value !== 'function') return value
      return (...parameters: unknown[]) => {
        if (verb === 'create') created++
        return value.apply(target, parameters)
      }
    },
  })
  return {
    ...{ name: 'memory', store: counted, env: {}, close: () => store.close() },
    size: async () => ({ records: created, bytes: undefined }),
  }
}

async function sqlite(): Promise<Place> {
  const path = join(folder, 'introduced.db')
  const store = await openSqlite(path)
  const { DatabaseSync } = await import('node:sqlite')
  const size = async () => {
    const database = new DatabaseSync(path)
    database.exec('PRAGMA wal_checkpoint(FULL)')
    const number = (sql: string) => Number(Object.values(database.prepare(sql).get() ?? {})[0])
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all()
    const records = tables.reduce((sum, { name }) => sum + number(`SELECT count(*) FROM "${name}"`), 0)
    const bytes = number('PRAGMA page_count') * number('PRAGMA page_size')
    database.close()
    return { records, bytes }
  }
  return { name: 'SQLite', store, env: { STORE: 'redis' }, size, close: () => store.close() }
}

async function redis(): Promise<Place> {
  const server = await RedisServer.start()
  const store = await openRedis(server.url, {})
  const { Redis } = await import('ioredis')
  const client = new Redis(server.url)
  const size = async () => ({
    records: await client.dbsize(),
    bytes: Number(/used_memory_dataset:(\d+)/.exec(await client.info('memory'))?.[1]),
  })
  const close = async () => {
    await client.quit()
    await store.close()
    await server.remove()
  }
  return { name: 'Redis', store, env: { STORE: 'redis' }, size, close }
}

function heapNow(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

function documentOf(all: readonly Found[]): string {
  const shown = ({ median, min, max }: Figure, digits: number) =>
    `${median.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`
  const lines = all.map(({ store, records, bytes, heap, refresh }) => {
    const costs = KINDS.map((kind) => shown(figureOf(refresh[kind]), 0))
    const ratios = KINDS.slice(1).map((kind) => shown(ratioOf(refresh[kind], refresh.file), 2))
    return {
      stored: `| ${store} | ${records[0]} | ${(heap / 1e6).toFixed(1)} | ${records[1]} | ${bytes === undefined ? 'not said' : bytes.toFixed(0)} |`,
      token: `| ${store} | ${[...costs, ...ratios].join(' | ')} |`,
    }
  })
  return `# Benchmarks: clients that introduce themselves

Made by \`node --expose-gc bench/introduced.ts\`; not edited by hand. Requests are made in the process, without a network.

- Machine: ${cpus()[0]?.model ?? 'unknown'}, ${availableParallelism()} cores; ${type()} ${release()}. Load when the run began: ${load.toFixed(1)}.
- Node ${process.versions.node}.

## What is stored

${REGISTRATIONS.toLocaleString('en')} registrations of different clients, then ${APPROVALS.toLocaleString('en')} first approvals. The goal is that registrations add nothing.

| Store | Records by registering | Heap, MB | Records by approving | Bytes each |
| --- | --: | --: | --: | --: |
${lines.map(({ stored }) => stored).join('\n')}

## What a token costs

Microseconds of CPU of a refresh by a client of the file, by one that registered itself, and by one that a document describes; how many times the first
goes into the others, round by round. The goal is 1.3 at most.

| Store | File | Registered | Document | Registered ÷ file | Document ÷ file |
| --- | --: | --: | --: | --: | --: |
${lines.map(({ token }) => token).join('\n')}
`
}
