import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, tmpdir, totalmem, type } from 'node:os'
import { canPin } from './cores.ts'

/** Where a run was made, and with what. */
export interface Machine {
  processor: string
  cores: number
  /** Bytes. */
  memory: number
  system: string
  node: string
  redis: string
  /** Of Postern: its version, and its commit if there is one. */
  postern: string
  /** Names with versions. */
  peers: readonly string[]
  pinned: boolean
  /** The file system that SQLite's files are on. */
  files: string
  /** Processes that waited for a core when the run began, over the last minute. */
  load: number
}

const PEERS = ['oidc-provider', '@node-oauth/oauth2-server', 'better-auth', '@better-auth/oauth-provider']

/** `others`: versions of servers that npm does not know. */
export function describeMachine(others: readonly string[]): Machine {
  const output = (program: string, ...parameters: string[]) =>
    spawnSync(program, parameters, { encoding: 'utf8', cwd: import.meta.dirname }).stdout?.trim() ?? ''
  const version = (path: string): string =>
    JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')).version
  const commit = output('git', 'rev-parse', '--short', 'HEAD')
  const changed = output('git', 'status', '--porcelain', '--', '../../src') === '' ? '' : ', changed'
  return {
    processor: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memory: totalmem(),
    system: `${type()} ${release()}`,
    node: process.versions.node,
    redis: /v=([\d.]+)/.exec(output('redis-server', '--version'))?.[1] ?? 'none',
    postern: `${version('../../package.json')}${commit && ` (${commit}${changed})`}`,
    peers: [...PEERS.map((name) => `${name} ${version(`../node_modules/${name}/package.json`)}`), ...others],
    pinned: canPin,
    files: output('stat', '-f', '-c', '%T', tmpdir()) || 'unknown',
    load: loadavg()[0] ?? 0,
  }
}
