import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import bcrypt from 'bcrypt'
import { loadConfig } from '../../src/config/config.ts'
import { readEnvFile } from '../../src/config/env-file.ts'
import { createLogger } from '../../src/http/logger.ts'
import { createServer } from '../../src/server.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { Agent, answerOf } from '../support/browser-agent.ts'
import { freePort, listen } from '../support/listen.ts'
import { HASH, withOwnHash } from '../support/sample-hash.ts'
import { KEY } from '../support/server.ts'
import { clientFields, envExample, withCommands, withTable } from './generated.ts'

const root = join(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const README = read('README.md')
const [WALK = '', REAL = ''] = README.split('## A first real client')

const shellBlocks = (text: string) =>
  [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block as string)

interface Shell {
  env?: Record<string, string>
  cwd?: string
  /** What the person pastes. */
  input?: string
}

async function bash(script: string, { env = {}, cwd, input = '' }: Shell = {}): Promise<string> {
  const running = promisify(execFile)('bash', ['-ec', script], { env: { ...process.env, ...env }, cwd })
  if (input !== '') running.child.stdin?.end(input)
  return (await running).stdout
}

/** What one of the README's lines that wait for something to be pasted makes of it. */
async function pasted(blocks: readonly string[], variable: string, text: string): Promise<string> {
  const line = blocks.find((block) => block.includes(`read -r ${variable}`)) as string
  return (await bash(`${line}\necho "$${variable}"`, { input: `${text}\n` })).replace(/^.*: /, '').trim()
}

test("the README's own URL and curl lines, as they stand", async (t) => {
  const { app, issuer } = await listen(t)
  const { host } = new URL(issuer)
  // The only change: the port, which may be taken on this machine.
  const here = WALK.replaceAll('localhost:8000', host)
  const url = new URL(/^http:\/\/\S+\/oauth\/authorize\S+$/m.exec(here)?.[0] as string)
  const agent = new Agent(app)
  agent.headers = { host }
  const answer = await agent.authorize(url.pathname + url.search)
  const blocks = shellBlocks(here)
  const variables: Record<string, string> = {
    CODE: await pasted(blocks, 'CODE', answer.get('code') as string),
  }
  const commands = blocks.flatMap((block) =>
    block
      .replaceAll('\\\n', '')
      .split('\n')
      .filter((line) => line.startsWith('curl')),
  )
  assert.equal(commands.length, 5)
  const replies = []
  for (const command of commands) {
    const stdout = await bash(command.replace('curl', 'curl -s'), { env: variables })
    const reply = stdout === '' ? {} : JSON.parse(stdout)
    // As a person does it: the refresh token of the first answer, the access token of the second.
    if (reply.refresh_token) {
      variables.REFRESH_TOKEN ??= await pasted(blocks, 'REFRESH_TOKEN', reply.refresh_token)
      variables.ACCESS_TOKEN = await pasted(blocks, 'ACCESS_TOKEN', reply.access_token)
    }
    replies.push(reply)
  }
  const [exchanged, refreshed, introspected, revoked, metadata] = replies
  const promised = JSON.parse(/```json\n([\s\S]*?)```/.exec(README)?.[1] as string)
  assert.deepEqual(Object.keys(exchanged), Object.keys(promised))
  assert.deepEqual(Object.keys(refreshed), Object.keys(promised))
  assert.equal(introspected.active, true)
  assert.deepEqual(revoked, {})
  assert.equal(metadata.issuer, issuer)
})

test("the README's first real client: its file, its secret, its lines with PKCE, to its tokens", async (t) => {
  const port = await freePort()
  const blocks = shellBlocks(REAL.replaceAll('localhost:8000', `localhost:${port}`))
  const block = (part: string) => blocks.find((one) => one.includes(part)) as string
  const cwd = mkdtempSync(join(tmpdir(), 'postern-readme-'))
  await bash(block('cat >> .env'), { cwd })
  const [, yaml = ''] = /```yaml\n([\s\S]*?)```/.exec(REAL) ?? []
  writeFileSync(join(cwd, 'postern.yaml'), withOwnHash(yaml))
  assert.equal(statSync(join(cwd, '.env')).mode & 0o777, 0o600)
  const dotenv = readEnvFile(join(cwd, '.env'))
  const CONFIG_FILE = join(cwd, dotenv.CONFIG_FILE as string)
  const config = loadConfig({ ...dotenv, PORT: String(port), CONFIG_FILE }, undefined, dotenv)
  assert.deepEqual([config.unread, config.remarks, config.issuer], [[], [], `http://localhost:${port}`])
  for (const user of config.entries.users) user.password_hash = await bcrypt.hash('from step 1', 4)
  const log = createLogger('silent', { write: () => {} })
  const app = await createServer(config, { store: new MemoryStore(), log })
  t.after(() => app.close())
  await app.listen({ host: '127.0.0.1', port })

  const [printed = '', VERIFIER = ''] = (await bash(`${block('CHALLENGE=')}echo "$VERIFIER"`)).split('\n')
  const url = new URL(printed)
  const agent = new Agent(app)
  agent.headers = { host: url.host }
  const login = await agent.follow(await agent.get(url.pathname + url.search))
  const consent = await agent.login(login, 'ada', 'from step 1')
  const answer = answerOf(await agent.submit(consent, { decision: 'approve' }))
  const CODE = await pasted(blocks, 'CODE', answer.get('code') as string)
  const exchange = block('code_verifier').replace('curl', 'curl -s')
  const tokensFor = async (env: Record<string, string>) => JSON.parse(await bash(exchange, { env, cwd }))
  const wrong = await tokensFor({ CODE, VERIFIER: 'x'.repeat(43) })
  assert.equal(wrong.error, 'invalid_grant')
  const tokens = await tokensFor({ CODE, VERIFIER })
  assert.equal(tokens.scope, 'openid email')
  for (const name of ['access_token', 'refresh_token', 'id_token']) assert.ok(tokens[name], name)
})

test('the first lines that a newcomer sees are calm, and no line of a shell breaks in zsh', () => {
  // npm's warnings of the Node that runs it are not about the one that it brings, which runs Postern.
  assert.match(read('.npmrc'), /^loglevel=error$/m)
  // There a comment at the end of a line that is typed is an argument.
  for (const block of ['README.md', 'docs/changes.md', 'docs/one-node.md'].flatMap((name) =>
    shellBlocks(read(name)),
  ))
    assert.doesNotMatch(block, /\s#\s/, block)
})

test('what the README has somebody write is ignored by git', () => {
  const lines = read('.gitignore').split('\n')
  for (const line of ['.env', 'postern.yaml', 'data/', 'signing-keys.json*'])
    assert.ok(lines.includes(line), line)
})

test("the README's and the docs' configurations are valid", () => {
  for (const text of [README, read('docs/configuration.md')]) {
    const [, indent = '', yaml = ''] = /^( *)```yaml\n([\s\S]*?)```/m.exec(text) ?? []
    const file = yaml.replaceAll(new RegExp(`^${indent}`, 'gm'), '')
    const env = { CONFIG_FILE: 'postern.yaml', SECRET_KEYS: KEY, MY_APP_SECRET: 'from the environment' }
    const { entries } = loadConfig(env, () => withOwnHash(file))
    assert.equal(entries.clients[0]?.client_secret, 'from the environment')
    assert.equal(entries.users[0]?.password_hash, HASH)
    assert.throws(() => loadConfig(env, () => file), /is the public one of the README/)
  }
})

test('.env.example and the table of variables follow from the code: npm run docs', () => {
  assert.equal(read('.env.example'), envExample())
  assert.equal(read('docs/commands.md'), withCommands(read('docs/commands.md')))
  assert.equal(read('docs/configuration.md'), withTable(read('docs/configuration.md')))
})

test('docs/configuration.md names every field of a client', () => {
  const text = read('docs/configuration.md')
  for (const field of clientFields()) assert.ok(text.includes(`\`${field}\``), field)
})

test('npm, the image and the tests run the same Node', () => {
  const { optionalDependencies, engines, scripts } = JSON.parse(read('package.json'))
  const versions = new Set<string>(Object.values(optionalDependencies))
  assert.equal(versions.size, 1, 'one exact version for every platform')
  const [version] = [...versions] as [string]
  assert.match(version, /^\d+\.\d+\.\d+$/)
  assert.equal(process.versions.node, version)
  const major = version.split('.')[0]
  assert.match(read('docker/Dockerfile'), new RegExp(`^ARG NODE_VERSION=${major}-`, 'm'))
  assert.equal(engines.node, `>=${major}`)
  assert.match(read('src/start.js'), new RegExp(`NEEDED = ${major}\\b`))
  // npm 10 removes the link to the node of this platform together with those of the others.
  assert.match(scripts.postinstall, /^npm rebuild --ignore-scripts\b/)
})
