import { after, before } from 'node:test'
import { storeContract } from '../contract/store.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'

let server: RedisServer
before(async () => {
  server = await RedisServer.start()
})
after(() => server.remove())

storeContract('redis', () => openRedis(server.url))
