import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from './listen.ts'
import { RedisServer, redisCli } from './redis.ts'
import { until } from './until.ts'

const QUORUM = 2

/** A primary with a replica, watched by three sentinels. */
export class RedisSentinels {
  readonly primary: RedisServer
  readonly replica: RedisServer
  readonly #ports: number[] = []
  readonly #processes: ChildProcess[] = []
  readonly #folder = mkdtempSync(join(tmpdir(), 'postern-sentinel-'))

  private constructor(primary: RedisServer, replica: RedisServer) {
    this.primary = primary
    this.replica = replica
  }

  static async start(): Promise<RedisSentinels> {
    const primary = await RedisServer.start()
    const replica = await RedisServer.start('--replicaof', '127.0.0.1', String(primary.port))
    const all = new RedisSentinels(primary, replica)
    for (let at = 0; at < 3; at++) await all.#addSentinel()
    const knowsAll = () => {
      const state = redisCli(all.#ports[0] as number, 'SENTINEL', 'MASTER', 'main')
      return /num-slaves\n1$/m.test(state) && /num-other-sentinels\n2$/m.test(state)
    }
    const follows = () => /master_link_status:up/.test(replica.cli('INFO', 'replication'))
    await until(() => knowsAll() && follows(), 'sentinels that know each other')
    return all
  }

  get url(): string {
    return `redis+sentinel://${this.#ports.map((port) => `127.0.0.1:${port}`).join(',')}/main`
  }

  async remove(): Promise<void> {
    for (const process of this.#processes) process.kill('SIGKILL')
    await Promise.all([this.primary.remove(), this.replica.remove()])
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #addSentinel(): Promise<void> {
    const port = await freePort()
    const file = join(this.#folder, `${port}.conf`)
    const watch = `127.0.0.1 ${this.primary.port} ${QUORUM}`
    const lines = [
      `port ${port}`,
      'bind 127.0.0.1',
      `dir ${this.#folder}`,
      `sentinel monitor main ${watch}`,
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 3000',
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    this.#processes.push(spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' }))
    this.#ports.push(port)
  }
}
