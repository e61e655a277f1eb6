import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { load } from 'js-yaml'
import { clientServer, listen } from '../support/listen.ts'

const root = join(import.meta.dirname, '../..')
const text = readFileSync(join(root, 'docs/configuration.md'), 'utf8')
const [, SECTION = ''] = /## Clients with keys of their own\n([\s\S]*?)\n## /.exec(text) ?? []
const block = (language: string) =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(SECTION)?.[1] ?? assert.fail(language)

test('the example of a client with keys of its own: its key, its registration, its program, to a token', async (t) => {
  const cwd = mkdtempSync(join(tmpdir(), 'postern-keys-'))
  t.after(() => rmSync(cwd, { recursive: true }))
  const printed = execFileSync('bash', ['-ec', block('sh')], { cwd, encoding: 'utf8' })
  assert.equal(statSync(join(cwd, 'key.json')).mode & 0o777, 0o600)
  assert.ok(!printed.includes(JSON.parse(readFileSync(join(cwd, 'key.json'), 'utf8')).d))
  const { origin } = await clientServer(t, (_request, response) =>
    response.setHeader('content-type', 'application/json').end(printed),
  )
  const yaml = block('yaml').replace('https://reports.example.com', origin)
  const { clients } = load(yaml) as { clients: [never] }
  const { issuer, log } = await listen(t, {
    clients,
    env: { ALLOW_PRIVATE_ADDRESSES: 'true' },
    storeClock: true,
  })
  const program = block('js')
    .replace('https://id.example.com', issuer)
    .replace(
      "'reports', undefined, auth)",
      "'reports', undefined, auth, { execute: [client.allowInsecureRequests] })",
    )
  writeFileSync(join(cwd, 'program.mjs'), `${program}\nconsole.log(access_token)\n`)
  symlinkSync(join(root, 'node_modules'), join(cwd, 'node_modules'))
  const { stdout } = await promisify(execFile)(process.execPath, ['program.mjs'], { cwd })
  assert.match(stdout, /^ct_/)
  assert.ok(log.some(({ event, client_id }) => event === 'token_issued' && client_id === 'reports'))
})
