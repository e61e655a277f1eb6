import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FastifyInstance } from 'fastify'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { documentServer } from '../support/document-server.ts'
import { onEachStore } from '../support/each-store.ts'
import { VERIFIER } from '../support/introduced.ts'
import { buildServer } from '../support/server.ts'
import { AGENT, asking, exchanged, registered, URI } from '../support/strangers.ts'
import { basic, direct } from '../support/token-client.ts'

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

  test('with ten ids of one registration is approved by all at once, at two nodes: one application, one decision', async (t) => {
    const store = await open()
    const node = () => buildServer(t, { store, env: { STORE: 'redis' } })
    const nodes = await Promise.all([node(), node()])
    const appOf = (at: number) => nodes[at % 2]?.app as FastifyInstance
    const site = { client_name: 'Site', redirect_uris: [URI] }
    const ids = await Promise.all(Array.from({ length: 10 }, (_, at) => registered(appOf(at), site)))
    assert.equal(new Set(ids.map(({ body }) => body.client_id)).size, 10)
    const first = new Agent(appOf(0))
    await first.login(await first.get(asking(ids[0]?.body.client_id)))
    const agentAt = (at: number) => {
      const agent = new Agent(appOf(at))
      for (const [name, value] of first.cookies) agent.cookies.set(name, value)
      return agent
    }
    const ask = (at: number, agent = agentAt(at)) => agent.get(asking(ids[at]?.body.client_id))
    const pages = await Promise.all(
      ids.map(async (_, at) => {
        const agent = agentAt(at)
        const page = await agent.follow(await ask(at, agent))
        return () => agent.submit(page, { decision: 'approve' })
      }),
    )
    const codes = (await Promise.all(pages.map((press) => press()))).map((one) => answerOf(one).get('code'))
    const tokens = await Promise.all(
      ids.map(({ body: { client_id, client_secret } }, at) => {
        const code = { code: codes[at] ?? '', redirect_uri: URI, code_verifier: VERIFIER }
        const form = { grant_type: 'authorization_code', ...code }
        return direct(appOf(at), form, { authorization: basic(client_id, client_secret) })
      }),
    )
    assert.deepEqual(new Set(tokens.map(({ status }) => status)), new Set([200]))
    for (const at of ids.keys()) assert.ok(answerOf(await ask(at)).has('code'), 'nobody is asked again')
    const account = await first.get('/account')
    assert.equal(account.body.match(/<bdi>Site<\/bdi>/g)?.length, 1)
    assert.doesNotMatch((await first.submit(account, {})).body, /<bdi>Site<\/bdi>/)
    for (const [at, { body }] of ids.entries()) {
      const form = { grant_type: 'refresh_token', refresh_token: tokens[at]?.body.refresh_token }
      const authorization = basic(body.client_id, body.client_secret)
      assert.equal((await direct(appOf(at), form, { authorization })).body.error, 'invalid_grant')
    }
    for (const at of [0, 9]) assert.match((await first.follow(await ask(at, first))).body, /value="approve"/)
  })
})
