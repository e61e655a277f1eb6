import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { after, before, describe } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import type { Store } from '../../src/store/store.ts'
import { RedisServer } from './redis.ts'
import { openRedis } from './redis-store.ts'
import { folderOfTests, openSqlite } from './sqlite-store.ts'

/** Runs the same tests on every store. `open` gives an empty store of its own; close it. */
export function onEachStore(what: string, tests: (open: () => Promise<Store>) => void): void {
  describe(`memory: ${what}`, () => tests(async () => new MemoryStore()))

  describe(`sqlite: ${what}`, () => {
    const folder = folderOfTests()
    tests(() => openSqlite(join(folder, `${randomBytes(6).toString('hex')}.db`)))
  })

  describe(`redis: ${what}`, () => {
    let redis: RedisServer
    before(async () => {
      redis = await RedisServer.start()
    })
    after(() => redis.remove())
    tests(() => openRedis(redis.url, { env: { REDIS_PREFIX: `${randomBytes(6).toString('hex')}:` } }))
  })
}
