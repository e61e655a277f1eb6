import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { MemoryStore } from '../../src/store/memory.ts'
import { readPerson } from '../../src/users/person-changes.ts'
import { Agent } from '../support/browser-agent.ts'
import { operatorOf } from '../support/run-time.ts'
import { buildServer } from '../support/server.ts'

const PASSWORD = 'correct horse battery staple'
const POSTS = [
  'apps/remove',
  'agents/remove',
  'logins/end',
  'logins/end-others',
  'password',
  'profile',
  'delete',
]

async function scene(t: Parameters<typeof buildServer>[0], env: Record<string, string> = {}) {
  const store = new MemoryStore()
  const server = await buildServer(t, {
    ...{ store, env: { STORE: 'redis', ...env } },
    change: (entries) => {
      entries.account_deletion = 'on'
    },
  })
  const operator = operatorOf(server, store)
  const people = await Promise.all(['ada', 'eve'].map((name) => operator.add(name, PASSWORD)))
  const agents = await Promise.all(
    ['ada', 'eve'].map(async (name) => {
      const agent = new Agent(server.app)
      await agent.login(await agent.get('/login'), name, PASSWORD)
      return agent
    }),
  )
  return { ...server, store, subs: people as [string, string], agents: agents as [Agent, Agent] }
}

test('no form of the account is taken from another site, without its token, or with the token of any other form', async (t) => {
  const { agents, subs, store } = await scene(t)
  const [ada, eve] = agents
  const tokens: string[] = []
  for (const agent of agents)
    for (const path of ['', '/password', '/profile', '/delete'])
      for (const [, token = ''] of (await agent.get(`/account${path}`)).body.matchAll(
        /name="csrf" value="([^"]*)"/g,
      ))
        tokens.push(token)
  assert.ok(tokens.length >= 6)
  const whole = {
    password: 'x'.repeat(20),
    again: 'x'.repeat(20),
    name: 'Changed',
    username: 'ada',
    sid: 'x',
    client_id: 'x',
  }
  for (const path of POSTS) {
    assert.equal((await ada.post(`/account/${path}`, whole)).statusCode, 403, `${path} without a token`)
    const before = (await readPerson(store, subs[0]))?.revision
    const ofEve = tokens.slice(tokens.length / 2)
    for (const csrf of ofEve)
      assert.equal((await ada.post(`/account/${path}`, { ...whole, csrf })).statusCode, 403, path)
    assert.equal((await readPerson(store, subs[0]))?.revision, before)
    ada.headers = { host: 'localhost:8000', 'sec-fetch-site': 'cross-site' }
    for (const csrf of tokens)
      assert.equal((await ada.post(`/account/${path}`, { ...whole, csrf })).statusCode, 403, path)
    ada.headers = { host: 'localhost:8000' }
  }
  assert.notEqual(await readPerson(store, subs[0]), undefined)
  assert.ok(eve)
})

test('a proof is of who gives it: another person at the same browser gets their own account, and nothing of the one before', async (t) => {
  const { agents, clock } = await scene(t)
  const [ada] = agents
  clock.now += 601
  const page = await ada.login(await ada.get('/login?account=data'), 'eve', PASSWORD)
  const data = JSON.parse(page.body)
  assert.equal(data.person.username, 'eve')
  assert.doesNotMatch(page.body, /"ada"/)
  // And a proof that is replayed proves nothing to who has none.
  clock.now += 601
  assert.equal((await ada.get('/account/data')).headers.location, '/login?account=data')
})

test('what a person writes is nobody’s markup: on their page, on a consent page, in the download', async (t) => {
  const { agents } = await scene(t)
  const [ada] = agents
  const evil = '"><img src=x onerror=alert(1)>'
  const page = await ada.get('/account/profile')
  const fields = { name: evil, given_name: evil, family_name: evil, nickname: evil }
  const after = await ada.submit(page, fields)
  const consent = await ada.get(
    '/oauth/authorize?client_id=test_client&redirect_uri=https%3A%2F%2Fwww.example.com%2Fredirect&response_type=code&scope=profile+email',
  )
  for (const { body } of [after, consent, await ada.get('/account/profile')])
    assert.doesNotMatch(body, /<img src=x/)
  const data = await ada.get('/account/data')
  assert.match(String(data.headers['content-type']), /^application\/json/)
  assert.equal(data.headers['x-content-type-options'], 'nosniff')
})

test('a template of one’s own that forgets the token makes a form that does nothing', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'postern-views-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const built = readFileSync(join(import.meta.dirname, '../../views/account-password.ejs'), 'utf8')
  writeFileSync(
    join(folder, 'account-password.ejs'),
    built.replace(/ *<input type="hidden" name="csrf"[^\n]*\n/, ''),
  )
  const { agents, store, subs } = await scene(t, { VIEWS_DIR: folder })
  const [ada] = agents
  const before = (await readPerson(store, subs[0]))?.password_hash
  const page = await ada.get('/account/password')
  assert.match(page.body, /Change the password/)
  assert.doesNotMatch(page.body.slice(0, page.body.indexOf('</main>')), /name="csrf"/)
  const word = 'a new password of mine'
  assert.equal((await ada.post('/account/password', { password: word, again: word })).statusCode, 403)
  assert.equal((await readPerson(store, subs[0]))?.password_hash, before)
})
