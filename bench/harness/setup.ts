import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import bcrypt from 'bcrypt'
import { ALGORITHMS, CLIENTS, PASSWORD, personName, REDIRECT_URI, SCOPE, webClient } from './registration.ts'

/** What the servers of one workload are set up with. */
export interface Setup {
  /** Postern's configuration. */
  configFile: string
  secretKey: string
  redisUrl?: string
  /** A file of its own for each start. */
  sqlite?: { file: string; sync: 'full' | 'normal' }
  processes: number
  /** Metadata and key set as Postern has them: what a fixed string answers. */
  documents: Record<string, string>
  people: number
  passwordHash: string
}

/** Everybody's password, hashed at this cost. */
export function passwordHash(cost: number): string {
  return bcrypt.hashSync(PASSWORD, cost)
}

/** A folder that is gone with the run. */
export function temporaryFolder(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'postern-bench-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}

/** Writes Postern's configuration file; gives its path. */
export function writeConfig(
  folder: string,
  { people, passwordHash: hash }: { people: number; passwordHash: string },
): string {
  const service = { grant_types: ['client_credentials'], scope: SCOPE }
  const clients = [
    { ...CLIENTS.service, ...service },
    { ...CLIENTS.jwt, ...service, access_token_format: 'jwt' },
    { ...CLIENTS.resource, ...service, introspect_any: true },
    ...ALGORITHMS.map((algorithm) => ({
      ...webClient(algorithm),
      client_name: 'An application',
      redirect_uris: [REDIRECT_URI],
      grant_types: ['authorization_code', 'refresh_token'],
      scope: `openid ${SCOPE}`,
      require_pkce: true,
      id_token_signed_response_alg: algorithm,
    })),
  ]
  const users = Array.from({ length: people }, (_, index) => ({
    username: personName(index),
    sub: personName(index),
    password_hash: hash,
  }))
  const scopes = { read: 'Read your notes', write: 'Write your notes' }
  const path = join(folder, `postern-${people}-${hash.slice(4, 6)}.json`)
  writeFileSync(path, JSON.stringify({ clients, users, scopes }))
  return path
}

export const newSecretKey = (): string => randomBytes(32).toString('base64')
