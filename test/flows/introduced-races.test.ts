import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { documentServer } from '../support/document-server.ts'
import { onEachStore } from '../support/each-store.ts'
import { buildServer } from '../support/server.ts'
import { AGENT, asking, exchanged } from '../support/strangers.ts'

onEachStore('a new client', (open) => {
  test('is let in fifty times at once, by one person at two nodes: each time there is a code, and for each code a token', async (t) => {
    const site = await documentServer(t)
    const store = await open()
    const node = () => buildServer(t, { store, env: { STORE: 'redis' } })
    const nodes = await Promise.all([node(), node()])
    const appOf = (at: number) => nodes[at % 2]?.app as FastifyInstance
    const client_id = site.serve('/client.json', AGENT)
    const first = new Agent(appOf(0))
    await first.login(await first.get(asking(client_id)))
    const approve = async (at: number) => {
      const agent = new Agent(appOf(at))
      for (const [name, value] of first.cookies) agent.cookies.set(name, value)
      const page = await agent.get(asking(client_id, { prompt: 'consent', state: `${at}` }))
      return () => agent.submit(page, { decision: 'approve' })
    }
    const pages = await Promise.all(Array.from({ length: 50 }, (_, at) => approve(at)))
    const answers = await Promise.all(pages.map((press) => press()))
    const codes = answers.map((answer) => answerOf(answer).get('code') ?? '')
    assert.equal(new Set(codes).size, 50)
    const tokens = await Promise.all(codes.map((code, at) => exchanged(appOf(at), client_id, code)))
    assert.ok(tokens.every(({ status }) => status === 200))
  })
})
