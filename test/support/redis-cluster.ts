import { execFileSync } from 'node:child_process'
import { freePort } from './listen.ts'
import { RedisServer } from './redis.ts'
import { until } from './until.ts'

// A node's own bus listens on its port plus 10000, which must be a port too.
const HIGHEST = 55_535

/** A real Redis Cluster of three primaries. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[]

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes
  }

  static async start(): Promise<RedisCluster> {
    const options = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '15000']
    const nodes = await Promise.all(
      [1, 2, 3].map(async () => {
        const node = new RedisServer(await busPort(), options)
        await node.start()
        return node
      }),
    )
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
    execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { stdio: 'ignore' })
    const cluster = new RedisCluster(nodes)
    await until(() => cluster.#agreed(), 'a cluster')
    return cluster
  }

  get url(): string {
    return `redis://${this.nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`
  }

  /** Moves the slot of `key` to the next node, as an operator's resharding does: key by key, with clients at work. */
  async moveSlotOf(key: string): Promise<void> {
    const at = this.nodes.findIndex((node) => !node.cli('EXISTS', key).startsWith('MOVED'))
    const [source, target] = [this.nodes[at], this.nodes[(at + 1) % this.nodes.length]] as [
      RedisServer,
      RedisServer,
    ]
    const slot = source.cli('CLUSTER', 'KEYSLOT', key)
    const [from, to] = [source.cli('CLUSTER', 'MYID'), target.cli('CLUSTER', 'MYID')]
    target.cli('CLUSTER', 'SETSLOT', slot, 'IMPORTING', from)
    source.cli('CLUSTER', 'SETSLOT', slot, 'MIGRATING', to)
    await breathe()
    for (;;) {
      const keys = source.cli('CLUSTER', 'GETKEYSINSLOT', slot, '1')
      if (keys === '') break
      source.cli('MIGRATE', '127.0.0.1', String(target.port), keys, '0', '1000')
      await breathe()
    }
    for (const node of [target, source, ...this.nodes]) node.cli('CLUSTER', 'SETSLOT', slot, 'NODE', to)
  }

  async remove(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.remove()))
  }

  #agreed(): boolean {
    return this.nodes.every((node) => {
      const info = node.cli('CLUSTER', 'INFO')
      return /cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info)
    })
  }
}

async function busPort(): Promise<number> {
  for (;;) {
    const port = await freePort()
    if (port <= HIGHEST) return port
  }
}

function breathe(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 10))
}
