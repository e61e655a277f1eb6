import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { type TestContext, test } from 'node:test'
import bcrypt from 'bcrypt'
import { hashPassword } from '../../src/commands/hash-password.ts'
import { loadConfig } from '../../src/config/config.ts'
import { createLogger } from '../../src/http/logger.ts'
import { hashArgon2id } from '../../src/passwords/argon2id.ts'
import { decoyOf } from '../../src/passwords/password-hash.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent, WALK } from '../support/browser-agent.ts'
import { buildServer, KEY } from '../support/server.ts'

const SMALL = { memory: 64, passes: 1, parallelism: 1 }
const LONG = 'a passphrase of more than seventy-two bytes, which bcrypt would cut at its end: here'

test('people with hashes of either kind log in side by side, and nobody by the half of a long password', async (t) => {
  const { app } = await buildServer(t, {
    users: [
      { username: 'old', sub: 'u-old', password_hash: await bcrypt.hash('old password', 4) },
      { username: 'new', sub: 'u-new', password_hash: await hashArgon2id(LONG, SMALL) },
    ],
  })
  const answer = async (username: string, password: string) => {
    const agent = new Agent(app)
    return (await agent.login(await agent.get(WALK), username, password)).body
  }
  assert.match(await answer('old', 'old password'), /wants access/)
  assert.match(await answer('new', LONG), /wants access/)
  for (const [username, password] of [
    ['new', LONG.slice(0, 72)],
    ['new', 'old password'],
    ['old', LONG],
    ['old', ''],
    ['new', ''],
  ] as const)
    assert.doesNotMatch(await answer(username, password), /wants access/)
})

/** A server of this file. */
async function serverOf(t: TestContext, text: string) {
  const env = { CONFIG_FILE: 'c.yaml', ISSUER: 'http://localhost:8000', SECRET_KEYS: KEY }
  const config = loadConfig(env, () => text)
  const log = createLogger('silent', { write: () => {} })
  const app = await createServer(config, { store: new MemoryStore(), log })
  t.after(() => app.close())
  return app
}

const CLIENT =
  'clients:\n  - { client_id: demo, client_secret: a secret of the demo, redirect_uris: ["http://localhost:3000/callback"], scope: openid }\n'

test('what hash-password prints goes into the file as it is, without quotes', async (t) => {
  for (const algorithm of ['argon2id', 'bcrypt'] as const) {
    const [input, output] = [new PassThrough(), new PassThrough()]
    input.end('typed once\n')
    await hashPassword({ input: input as unknown as NodeJS.ReadStream, output, error: output }, algorithm)
    const printed = String(output.read())
    const app = await serverOf(
      t,
      `${CLIENT}users:\n  - username: ada\n    password_hash: ${printed}    sub: u-1\n`,
    )
    const agent = new Agent(app)
    for (const [password, status] of [
      ['typed twice', 422],
      ['typed once', 200],
    ] as const) {
      const { statusCode } = await agent.login(await agent.get('/login'), 'ada', password)
      assert.equal(statusCode, status, algorithm)
    }
  }
})

test('a hash that cannot be verified here stops the start, by its path and with a reason, and is never repeated', async (t) => {
  const of = (cost: string, type = 'argon2id') =>
    `$${type}$v=19$${cost}$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc`
  const client = (fields: string) => `clients: [{client_id: a, grant_types: [client_credentials], ${fields}}]`
  const user = (hash: string) => `${CLIENT}users: [{username: u, password_hash: ${hash}}]`
  const cases: [string, RegExp][] = [
    [
      user(`"${of('m=1048576,t=1,p=4')}"`),
      /^\/users\/0\/password_hash \(user u\): takes more memory than 131072 KiB \(m\); make one with: npm run hash-password/,
    ],
    [user(`"${of('m=65536,t=99999,p=1')}"`), /\/users\/0\/password_hash \(user u\): takes too long/],
    [
      user(`"${of('m=65536,t=3,p=4', 'argon2i')}"`),
      /\/users\/0\/password_hash \(user u\): .*only Argon2id is taken/,
    ],
    [
      user(`"${of('m=65536,t=3,p=4', 'argon2d')}"`),
      /\/users\/0\/password_hash \(user u\): .*only Argon2id is taken/,
    ],
    // A comma ends it there.
    [
      user(of('m=65536,t=3,p=4')),
      /\/users\/0\/password_hash is not a hash .*Argon2id \(whose commas need quotes/,
    ],
    [
      client(`client_secret_hash: "${of('m=1048576,t=1,p=4')}"`),
      /^\/clients\/0\/client_secret_hash \(client a\): takes more/,
    ],
    [
      client(`client_secrets: [{name: next, client_secret_hash: "${of('m=8,t=1,p=9')}"}]`),
      /^\/clients\/0\/client_secrets \(client a\): next has a client_secret_hash that has more than 8 lanes/,
    ],
  ]
  for (const [text, expected] of cases)
    await assert.rejects(serverOf(t, text), ({ name, message }: Error) => {
      assert.equal(name, 'ConfigError')
      assert.match(message, expected)
      assert.doesNotMatch(message, /CTFhFdX/)
      return true
    })
})

test('hashes of so many kinds that every guess would take long stop the start, by the path of the one too many', async (t) => {
  const people = (count: number) =>
    Array.from({ length: count }, (_, at) => {
      const hash = decoyOf(`argon2id-${at + 8}-1-1`)
      return `  - { username: u${at}, sub: s${at}, password_hash: "${hash}" }\n  - { username: v${at}, sub: t${at}, password_hash: "${hash}" }`
    }).join('\n')
  await serverOf(t, `${CLIENT}users:\n${people(16)}\n`)
  await assert.rejects(
    serverOf(t, `${CLIENT}users:\n${people(17)}\n`),
    /^ConfigError: \/users\/32\/password_hash \(user u16\): has parameters of Argon2id that are too many/,
  )
})
