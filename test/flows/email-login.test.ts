import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer } from '../support/server.ts'

test('a login by the verified address, in any capitals; one that is unknown has the same words', async (t) => {
  const { app, log } = await buildServer(t)
  const agent = new Agent(app)
  const wrong = async (username: string) => (await agent.login(await agent.get(WALK), username, 'wrong')).body
  const words = (page: string) => /<p id="notice"[^>]*>([^<]*)</.exec(page)?.[1]
  assert.equal(words(await wrong('admin@example.com')), words(await wrong('nobody@example.com')))
  assert.match((await agent.login(await agent.get(WALK), 'Admin@Example.com', 'admin')).body, /wants access/)
  assert.deepEqual(
    log.filter(({ event }) => event === 'login').map(({ sub }) => sub),
    ['admin'],
  )
})

test('guesses by name and by address are guesses at one person', async (t) => {
  const { app } = await buildServer(t)
  const agent = new Agent(app)
  for (const username of ['admin', 'admin@example.com', 'ADMIN', 'Admin@example.com', 'admin'])
    assert.equal((await agent.login(await agent.get(WALK), username, 'wrong')).statusCode, 422)
  for (const username of ['admin', 'admin@example.com'])
    assert.equal((await agent.login(await agent.get(WALK), username, 'wrong')).statusCode, 429, username)
})
