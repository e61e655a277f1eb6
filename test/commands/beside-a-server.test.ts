import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { assertion, byAssertion, keyPair } from '../support/assertions.ts'
import { commandLine, type Ran } from '../support/command-line.ts'
import { HttpBrowser } from '../support/http-browser.ts'
import { freePort } from '../support/listen.ts'
import { RedisServer } from '../support/redis.ts'
import { KEY } from '../support/server.ts'
import { folderOfTests } from '../support/sqlite-store.ts'
import { until } from '../support/until.ts'

const start = join(import.meta.dirname, '../../src/start.js')
const PASSWORD = 'correct horse battery'

for (const name of ['sqlite', 'redis'] as const) {
  describe(`postern beside a server on ${name}`, () => {
    const folder = folderOfTests()
    let redis: RedisServer | undefined
    let server: ChildProcess
    let issuer: string
    let log = ''
    let postern: (words: readonly string[], input?: readonly string[]) => Ran

    before(async () => {
      if (name === 'redis') redis = await RedisServer.start('--appendonly', 'yes')
      const port = String(await freePort())
      issuer = `http://localhost:${port}`
      const file = join(folder, 'postern.yaml')
      writeFileSync(
        file,
        'clients: []\nusers:\n  - { username: filed, sub: f-1, password_hash: "$2b$04$' +
          'a'.repeat(53) +
          '" }\n',
      )
      const env: Record<string, string> = {
        ...{ PORT: port, SECRET_KEYS: KEY, CONFIG_FILE: file, ISSUER: issuer },
        ...(redis === undefined
          ? { STORE: 'sqlite', SQLITE_FILE: join(folder, 'store.db') }
          : { STORE: 'redis', REDIS_URL: redis.url }),
      }
      postern = commandLine(env, folder)
      server = spawn(process.execPath, [start], { cwd: folder, env: { PATH: process.env.PATH, ...env } })
      server.stdout?.on('data', (chunk) => {
        log += chunk
      })
      await until(() => log.includes('Postern is listening'), 'the server')
    })
    after(async () => {
      server.kill('SIGKILL')
      await redis?.remove()
    })

    const done = (words: readonly string[], input: readonly string[] = []) => {
      const ran = postern(words, input)
      assert.equal(ran.status, 0, `${words.join(' ')}: ${ran.err}`)
      return ran
    }

    async function logIn(username: string, password: string, client_id = 'app') {
      const browser = new HttpBrowser()
      const query = new URLSearchParams({
        ...{
          client_id,
          redirect_uri: 'https://app.example/cb',
          response_type: 'code',
          scope: 'openid offline_access',
        },
        ...{
          state: 's',
          code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
          code_challenge_method: 'S256',
        },
      })
      const page = await browser.open(`${issuer}/oauth/authorize?${query}`)
      return { browser, page: await browser.submit(page, { username, password }) }
    }

    test('the newcomer: a person by a link, a client, a login, grants list, clients stop, everything ended', async () => {
      const { link, sub } = done([
        'users',
        'add',
        'ada',
        '--email',
        'ada@example.com',
        '--group',
        'staff',
        '--json',
      ]).json()
      const browser = new HttpBrowser()
      const chosen = await browser.submit(await browser.open(link), {
        password: PASSWORD,
        again: PASSWORD,
      })
      assert.equal(chosen.status, 200, chosen.body)
      const { client_secret } = done([
        ...['clients', 'add', 'app', '--redirect-uri', 'https://app.example/cb'],
        ...[
          '--grant-type',
          'authorization_code',
          '--grant-type',
          'refresh_token',
          '--grant-type',
          'client_credentials',
        ],
        ...['--scope', 'openid offline_access jobs', '--json'],
      ]).json()
      const { browser: at, page } = await logIn('Ada@example.com', PASSWORD)
      const approved = await at.submit(page, { decision: 'approve' })
      const code = new URL(approved.location ?? '').searchParams.get('code') ?? ''
      const authorization = `Basic ${Buffer.from(`app:${client_secret}`).toString('base64')}`
      const post = async (path: string, form: Record<string, string>) => {
        const response = await fetch(issuer + path, {
          method: 'POST',
          body: new URLSearchParams(form),
          headers: { authorization },
        })
        return (await response.json()) as Record<string, unknown>
      }
      const tokens = await post('/oauth/tokenize', {
        ...{ grant_type: 'authorization_code', code, redirect_uri: 'https://app.example/cb' },
        code_verifier: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
      })
      const token = String(tokens.access_token)
      assert.equal((await post('/oauth/introspect', { token })).active, true)
      const [grant] = done(['grants', 'list', '--client', 'app', '--json']).json()
      assert.deepEqual(
        [grant.username, grant.sub, grant.scope, grant.lasts],
        ['ada', sub, 'openid offline_access', 'standing'],
      )
      const [session] = done(['sessions', 'list', 'ada', '--json']).json()
      assert.deepEqual([session.username, session.clients], ['ada', ['app']])
      done(['clients', 'stop', 'app'])
      await until(
        async () => (await post('/oauth/introspect', { token })).active === false,
        'the server sees it',
      )
      const refreshed = await post('/oauth/tokenize', {
        grant_type: 'refresh_token',
        refresh_token: String(tokens.refresh_token),
      })
      assert.equal(refreshed.error, 'invalid_grant')
      done(['users', 'disable', 'ada'])
      assert.deepEqual(done(['sessions', 'list', 'ada', '--json']).json(), [])
      await until(async () => (await logIn('ada', PASSWORD)).page.status === 422, 'the server sees it')
      done(['users', 'enable', 'ada'])
      await until(async () => (await logIn('ada', PASSWORD)).page.status !== 422, 'the server sees it')
      assert.ok(!log.includes(PASSWORD) && !log.includes(client_secret) && !log.includes(token))
    })

    test('each change is written down with who ran it, and no secret is printed twice', () => {
      const { client_secret } = done([
        'clients',
        'add',
        'one',
        '--grant-type',
        'client_credentials',
        '--json',
      ]).json()
      const rotated = postern(['clients', 'rotate-secret', 'one', '--json'])
      const event = JSON.parse(rotated.err.trim().split('\n').at(-1) ?? '')
      assert.deepEqual(
        [event.event, event.command, event.client_id],
        ['command_run', 'clients rotate-secret', 'one'],
      )
      assert.match(event.by, /\(\d+\)$|^uid/)
      for (const words of [
        ['clients', 'show', 'one'],
        ['clients', 'list'],
        ['clients', 'show', 'one', '--json'],
      ]) {
        const { out, err } = done(words)
        for (const secret of [client_secret, rotated.json().client_secret])
          assert.ok(!`${out}${err}${rotated.err}`.includes(secret))
      }
    })

    test('a secret goes through token, introspect and decode by standard input alone', () => {
      const { client_secret } = done([
        'clients',
        'add',
        'svc',
        '--grant-type',
        'client_credentials',
        '--scope',
        'jobs',
        '--json',
      ]).json()
      const { access_token } = done(['token', 'svc', '--json'], [client_secret]).json()
      assert.equal(
        done(['introspect', 'svc', '--json'], [client_secret, access_token]).json().client_id,
        'svc',
      )
      assert.match(done(['decode'], [access_token]).out, /an access token of a client itself/)
      const wrong = postern(['token', 'svc'], ['wrong'])
      assert.equal(wrong.status, 1)
      assert.match(wrong.err, /the server refuses: invalid_client/)
      assert.match(postern(['token', 'svc']).err, /nothing was given; type it, or pipe it/)
      done(['clients', 'set', 'svc', '--set', 'access_token_format=jwt'])
      const jwt = () => done(['token', 'svc', '--json'], [client_secret]).json().access_token as string
      return until(() => jwt().startsWith('ey'), 'the server sees it').then(() => {
        const decoded = done(['decode', '--json'], [jwt()]).json()
        assert.deepEqual(
          [decoded.client_id, decoded.signature, decoded.expired],
          ['svc', `by a key of ${issuer}`, false],
        )
        const forged = jwt().replace(/\.[^.]{10}/, '.AAAAAAAAAA')
        assert.match(
          postern(['decode'], [forged]).out + postern(['decode'], [forged]).err,
          /none of|neither a JWT/,
        )
      })
    })

    test('login goes the whole way as an application does', async () => {
      done(['users', 'add', 'eve', '--password'], [PASSWORD])
      done([
        'clients',
        'add',
        'cli',
        '--public',
        '--redirect-uri',
        'http://127.0.0.1/callback',
        '--scope',
        'openid email',
      ])
      const env = { PATH: process.env.PATH, ISSUER: issuer }
      const child = spawn(process.execPath, [start, 'login', 'cli', '--scope', 'openid', '--json'], {
        cwd: folder,
        env,
      })
      let [out, err] = ['', '']
      child.stdout.on('data', (chunk) => {
        out += chunk
      })
      child.stderr.on('data', (chunk) => {
        err += chunk
      })
      const ended = new Promise((resolve) => child.once('exit', resolve))
      await until(() => /\nhttp.*\n/.test(err), 'the URL')
      const url = new URL(/\n(http.*)\n/.exec(err)?.[1] ?? '')
      const browser = new HttpBrowser()
      const page = await browser.submit(await browser.open(url.href), {
        username: 'eve',
        password: PASSWORD,
      })
      const { location } = await browser.submit(page, { decision: 'approve' })
      const forged = new URL(location ?? '')
      forged.searchParams.set('state', 'another')
      assert.equal((await fetch(forged)).status, 404)
      assert.equal((await fetch(location ?? '')).status, 200)
      assert.equal(await ended, 0, err)
      const { claims, token_type } = JSON.parse(out)
      assert.deepEqual([token_type, claims.iss, claims.aud], ['Bearer', issuer, 'cli'])
    })

    test('explain says for the reference of a page which rule it was, and what is registered', async () => {
      const response = await fetch(
        `${issuer}/oauth/authorize?client_id=app&redirect_uri=https://evil.example&response_type=code`,
        {
          headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
        },
      )
      const reference = /Reference <code>(?:<bdi>)?([^<]+)/.exec(await response.text())?.[1] ?? ''
      await until(() => log.includes(reference), 'the line')
      writeFileSync(join(folder, 'postern.log'), log)
      const { out } = done(['explain', reference, 'postern.log'])
      assert.match(out, /redirect_uri is not one of https:\/\/app\.example\/cb/)
      assert.match(out, /RFC 6749 §3\.1\.2/)
      assert.match(
        done(
          ['explain', reference],
          [`postern-1  | ${log.split('\n').find((line) => line.includes(reference))}`],
        ).out,
        /to do/,
      )
      assert.equal(postern(['explain', 'nothing-such', 'postern.log']).status, 3)
    })

    test('doctor finds nothing to mend here, and says what is wrong elsewhere', () => {
      const { out } = done(['doctor'])
      assert.match(out, /^ok .*says that it is the issuer$/m)
      assert.match(out, /^ok .*takes writes$/m)
      const wrong = commandLine(
        { ISSUER: 'http://127.0.0.1:9', SECRET_KEYS: KEY, STORE: 'memory' },
        folder,
      )(['doctor'])
      assert.equal(wrong.status, 1)
      assert.match(wrong.out, /^BAD .*does not answer/m)
      assert.match(wrong.out, /→ start the server/)
    })

    test('a client has keys instead of a secret from the beginning, or changes over to them', async () => {
      const pair = await keyPair()
      const now = () => Math.floor(Date.now() / 1000)
      const method = ['--set', 'token_endpoint_auth_method=private_key_jwt']
      const keys = [...method, '--set', `jwks=${JSON.stringify({ keys: [pair.jwk] })}`]
      const own = ['--grant-type', 'client_credentials', '--scope', 'jobs']
      const added = done(['clients', 'add', 'signer', ...own, ...keys, '--json'])
      assert.equal(added.json().client_secret, undefined)
      done(['clients', 'add', 'changing', ...own])
      assert.match(done(['clients', 'list']).out, /changing .* yes/)
      done(['clients', 'set', 'changing', ...keys])
      assert.match(done(['clients', 'list']).out, /changing .* keys/)
      for (const client_id of ['signer', 'changing']) {
        const asked = async () => {
          const client_assertion = await assertion(client_id, pair, now(), { claims: { aud: issuer } })
          const form = { grant_type: 'client_credentials', ...byAssertion(client_assertion) }
          const body = new URLSearchParams(form)
          return (await fetch(`${issuer}/oauth/tokenize`, { method: 'POST', body })).status
        }
        await until(async () => (await asked()) === 200, client_id)
      }
      const refused = (words: string[], problem: RegExp) => {
        const { status, err } = postern(['clients', ...words])
        assert.notEqual(status, 0)
        assert.match(err, problem)
      }
      refused(['rotate-secret', 'signer'], /signer has no secret: it is public, or has keys/)
      refused(['add', 'both', ...own, ...keys, '--public'], /has its keys, and no secret/)
      refused(['add', 'none', ...own, ...method], /private_key_jwt needs jwks or jwks_uri/)
      const secret = JSON.stringify({ keys: [{ ...pair.jwk, d: 'x' }] })
      refused(['add', 'leak', ...own, ...method, '--set', `jwks=${secret}`], /is a private key or a secret/)
    })

    test('people of the file are changed in the file; adopted ones go on there', () => {
      assert.match(postern(['users', 'add', 'FILED']).err, /configuration file/)
      assert.match(postern(['users', 'disable', 'filed']).err, /is in the configuration file/)
      const { sub } = done(['users', 'add', 'joe', '--no-link', '--json']).json()
      const adopted = done(['users', 'adopt', 'joe'])
      assert.match(adopted.out, new RegExp(`sub: "${sub}"`))
      assert.ok(
        done(['users', 'list'])
          .out.split('\n')
          .some((line) => /^joe .*adopted by the file/.test(line)),
      )
      done(['users', 'adopt', 'joe', '--back'])
    })

    test('what is kept of a person is printed without what opens anything, and deleted', () => {
      done(
        ['users', 'add', 'zoe', '--password', '--set', 'given_name=Zoë', '--set', 'claims={"floor":3}'],
        [PASSWORD],
      )
      const kept = done(['users', 'export', 'zoe']).json()
      assert.deepEqual([kept.person.entry.given_name, kept.person.entry.claims], ['Zoë', { floor: 3 }])
      assert.ok(!JSON.stringify(kept).includes('argon2'))
      assert.equal(postern(['users', 'delete', 'zoe']).status, 2)
      done(['users', 'delete', 'zoe', '--yes'])
      assert.equal(postern(['users', 'show', 'zoe']).status, 3)
    })

    test('groups: described, joined, left; a slip in a name changes nothing', () => {
      done(['users', 'add', 'gil', '--no-link'])
      done(['groups', 'set', 'crew', '--sentence', 'The crew', '--claim', 'quota=20'])
      done(['groups', 'add', 'crew', 'gil'])
      assert.equal(postern(['groups', 'add', 'captains', 'gil', 'nobody']).status, 3)
      const groups = done(['groups', 'list', '--json']).json() as {
        name: string
        members: string[]
        claims: object
      }[]
      assert.deepEqual(groups.find(({ name: group }) => group === 'crew')?.members, ['gil'])
      assert.ok(!groups.some(({ name: group }) => group === 'captains'))
      done(['groups', 'remove', 'crew', 'gil'])
      done(['groups', 'delete', 'crew'])
      assert.match(
        postern(['groups', 'set', 'bad', '--claim', 'sub=1']).err,
        /means something else in tokens/,
      )
    })
  })
}

test('on memory the commands say why not; wrong words say what there is', () => {
  const folder = folderOfTests()
  const memory = commandLine({ SECRET_KEYS: KEY }, folder)
  const { status, err } = memory(['users', 'list'])
  assert.equal(status, 1)
  assert.match(err, /STORE is memory: what the server has is inside its process.*STORE=redis or STORE=sqlite/)
  for (const [words, says] of [
    [['users', 'ad', 'x'], /did you mean users add\?/],
    [['users', 'add'], /users add takes <username>/],
    [['users', 'add', 'x', '--emial', 'y'], /no option --emial; did you mean --email\?/],
    [['users', 'add', 'x', '--email'], /an option lacks its value/],
    [['clients', 'frobnicate'], /there is no clients frobnicate; there are add, list/],
    [['import', 'x', '--dry-run'], /goes with --csv/],
  ] as const) {
    const ran = memory(words)
    assert.equal(ran.status, 2, words.join(' '))
    assert.match(ran.err, says)
  }
  for (const words of [
    ['users', '--help'],
    ['users', 'add', '--help'],
    ['export', '--help'],
  ]) {
    const ran = memory(words)
    assert.equal(ran.status, 0)
    assert.match(ran.out, /--json/)
  }
  assert.ok(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8').includes(
      '"postern": "src/start.js"',
    ),
  )
})
