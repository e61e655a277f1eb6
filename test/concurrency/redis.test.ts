import { after, before } from 'node:test'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { runs } from '../support/runs.ts'
import { interleavings } from './interleavings.ts'

let server: RedisServer
before(async () => {
  server = await RedisServer.start()
})
after(() => server.remove())

interleavings('redis', () => openRedis(server.url), runs(500))
