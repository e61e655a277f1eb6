import type { RedisConnection } from './redis-connection.ts'
import type { Report } from './store.ts'

/** Reads what the server says of itself and reports what would lose tokens. Never throws: it only advises. */
export async function inspectServer(redis: RedisConnection, report: Report): Promise<void> {
  let info: ReadonlyMap<string, string>
  try {
    info = fields(String(await redis.send('INFO', 'server', 'memory', 'persistence')))
  } catch (error) {
    // A connection that is lost meanwhile has its own line.
    if (!(error as Error).message.startsWith('NOPERM')) return
    report(
      'warn',
      'Redis does not show INFO to this user, so its eviction and persistence are not checked; let it: ACL SETUSER with +info',
    )
    return
  }
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? ''
  const needed = info.has('valkey_version') ? 8 : 7
  if (Number.parseInt(version, 10) < needed) {
    report('error', 'this version is too old: Postern needs Redis 7 or Valkey 8', { version })
  }
  const policy = info.get('maxmemory_policy') ?? 'noeviction'
  if (info.get('maxmemory') !== '0' && policy !== 'noeviction') {
    report(
      'warn',
      'Redis would evict living tokens when its memory is full: set maxmemory-policy noeviction',
      {
        policy,
      },
    )
  }
  if (info.get('aof_enabled') === '0') {
    report('warn', 'Redis keeps no append-only file: a crash loses logins and tokens; set appendonly yes')
  }
}

function fields(info: string): ReadonlyMap<string, string> {
  return new Map(info.split('\r\n').map((line) => line.split(/:(.*)/).slice(0, 2) as [string, string]))
}
