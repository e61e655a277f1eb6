import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { hashSync } from 'bcrypt'
import { CompactEncrypt, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { makeInitialAccessToken } from '../../src/clients/introduced/initial-access.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { commandBeside } from '../support/command-line.ts'
import { HttpBrowser } from '../support/http-browser.ts'
import { freePort } from '../support/listen.ts'
import { type Served, served } from '../support/served.ts'
import { KEY } from '../support/server.ts'
import { folderOfTests } from '../support/sqlite-store.ts'
import { until } from '../support/until.ts'

const start = join(import.meta.dirname, '../../src/start.js')
const SECRET = 'a secret: with % and + for these tests'
const PASSWORD = 'a password for these tests'
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const CONFIG = `
registration: open
clients:
  - { client_id: svc, client_secret: "${SECRET}", grant_types: [client_credentials], scope: jobs other }
  - { client_id: poster, client_secret: "${SECRET}", grant_types: [client_credentials],
      token_endpoint_auth_method: client_secret_post }
  - { client_id: signer, grant_types: [client_credentials], token_endpoint_auth_method: private_key_jwt,
      jwks: { keys: [${JSON.stringify({ ...publicKey.export({ format: 'jwk' }), kid: 'k1' })}] } }
  - { client_id: cli, redirect_uris: ["http://127.0.0.1/callback", "http://localhost:1/at?x=1"], scope: openid offline_access,
      grant_types: [authorization_code, refresh_token] }
  - { client_id: web, client_secret: "${SECRET}", redirect_uris: ["http://localhost:3000/cb"], scope: openid }
users: [{ username: ada, sub: u-1, password_hash: "${hashSync(PASSWORD, 4)}" }]
`

async function running(t: TestContext) {
  const server = await served(t, CONFIG)
  const issuer = `http://localhost:${server.port}`
  const postern = commandBeside({ ISSUER: issuer }, server.folder)
  return { server, issuer, postern }
}

test('token: by a secret in the header or the body, by a key as JWK or PEM; the secret comes by standard input alone', async (t) => {
  const { server, issuer, postern } = await running(t)
  const got = async (words: string[], input: string[] = []) => {
    const ran = await postern(['token', ...words, '--json'], input)
    assert.equal(ran.status, 0, ran.err)
    return ran.json()
  }
  assert.equal((await got(['svc', '--scope', 'jobs'], [SECRET])).scope, 'jobs')
  assert.equal((await got(['poster', '--post'], [SECRET])).token_type, 'Bearer')
  const jwk = { ...privateKey.export({ format: 'jwk' }), kid: 'k1', alg: 'ES256' }
  writeFileSync(join(server.folder, 'key.jwk'), JSON.stringify(jwk))
  writeFileSync(join(server.folder, 'keys.json'), JSON.stringify({ keys: [jwk] }))
  writeFileSync(join(server.folder, 'key.pem'), privateKey.export({ format: 'pem', type: 'pkcs8' }))
  for (const file of ['key.jwk', 'keys.json', 'key.pem'])
    assert.equal((await got(['signer', '--key', file])).token_type, 'Bearer', file)

  writeFileSync(join(server.folder, 'public.jwk'), JSON.stringify(publicKey.export({ format: 'jwk' })))
  const refusals: [string[], string[], number, RegExp][] = [
    [['svc'], ['wrong'], 1, /the server refuses: invalid_client/],
    [['svc'], [], 1, /secret of the client: nothing was given/],
    [['svc', SECRET], [], 2, /token takes <client_id>/],
    [['svc', '--secret', SECRET], [], 2, /no option --secret/],
    [['poster'], [SECRET], 1, /registered for client_secret_post/],
    [['svc', '--scope', 'none'], [SECRET], 1, /invalid_scope/],
    [['cli'], [SECRET], 1, /invalid_client/],
    [['signer', '--key', 'public.jwk'], [], 1, /public\.jwk has no private key/],
    [['signer', '--key', 'none'], [], 1, /none does not exist/],
    [['signer', '--key', 'key.pem', '--post'], [], 2, /not both/],
    [['svc', '--issuer', `${issuer}/other`], [SECRET], 1, /answers 404; is this the issuer\?/],
    [
      ['svc', '--issuer', `http://127.0.0.1:${server.port}`],
      [SECRET],
      1,
      /says that the issuer is http:\/\/localhost/,
    ],
    [['svc', '--issuer', 'http://localhost:1'], [SECRET], 1, /does not answer/],
    [['svc', '--issuer', 'nonsense'], [SECRET], 1, /does not answer/],
  ]
  for (const [words, input, status, says] of refusals) {
    const ran = await postern(['token', ...words], input)
    assert.deepEqual([ran.status, ran.out], [status, ''], words.join(' '))
    assert.match(ran.err, says)
    assert.ok(!ran.err.includes(SECRET) && !ran.err.includes(String(jwk.d)), ran.err)
    assert.equal(ran.err.trim().split('\n').length, 1, ran.err)
  }
})

/** A login that waits for its browser. */
async function loggingIn(
  { server, issuer }: { server: Pick<Served, 'folder'>; issuer: string },
  words: string[],
  input: string[] = [],
) {
  const child = spawn(process.execPath, [start, 'login', ...words, '--json'], {
    cwd: server.folder,
    env: { PATH: process.env.PATH, ISSUER: issuer },
  })
  let [out, err] = ['', '']
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  child.stderr.on('data', (chunk) => {
    err += chunk
  })
  child.stdin.end(input.map((line) => `${line}\n`).join(''))
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  await until(
    () => /\nhttp.*\n/.test(err) || child.exitCode !== null,
    () => err,
  )
  const url = new URL(/\n(http.*)\n/.exec(err)?.[1] ?? 'about:blank')
  const done = async () => ({ status: await ended, out, err })
  return { url, done }
}

test('login: the whole way, with the client and the redirect URI of an application; other answers are nobody’s', async (t) => {
  const { server, issuer } = await running(t)
  const walk = (url: URL) =>
    new HttpBrowser().walk(url.href, url.searchParams.get('redirect_uri') ?? '', {
      username: 'ada',
      password: PASSWORD,
    })

  const cli = await loggingIn({ server, issuer }, ['cli', '--scope', 'openid offline_access'])
  const answer = await walk(cli.url)
  assert.match(answer.href, /^http:\/\/127\.0\.0\.1:\d+\/callback\?/)
  for (const change of [
    (url: URL) => url.searchParams.set('state', 'x'),
    (url: URL) => url.searchParams.delete('state'),
    (url: URL) => url.searchParams.set('iss', 'https://evil.example'),
    (url: URL) => url.searchParams.delete('iss'),
    (url: URL) => {
      url.pathname = '/other'
    },
  ]) {
    const forged = new URL(answer)
    change(forged)
    assert.equal((await fetch(forged)).status, 404, forged.href)
  }
  assert.equal((await fetch(answer)).status, 200)
  const { status, out, err } = await cli.done()
  assert.equal(status, 0, err)
  const tokens = JSON.parse(out)
  assert.deepEqual(
    [tokens.claims.sub, tokens.claims.aud, tokens.scope],
    ['u-1', 'cli', 'openid offline_access'],
  )

  // The port of a loopback URI is free, its path and query are not.
  const port = await freePort()
  const own = await loggingIn({ server, issuer }, [
    'cli',
    '--redirect-uri',
    `http://localhost:${port}/at?x=1`,
  ])
  assert.equal(own.url.searchParams.get('redirect_uri'), `http://localhost:${port}/at?x=1`)
  await fetch(await walk(own.url))
  assert.equal((await own.done()).status, 0)

  const web = await loggingIn(
    { server, issuer },
    ['web', '--secret', '--prompt', 'login', '--redirect-uri', `http://localhost:${port}/cb`],
    [SECRET],
  )
  assert.equal(web.url.searchParams.get('prompt'), 'login')
  await fetch(await walk(web.url))
  assert.equal((await web.done()).status, 0)

  const denied = await loggingIn({ server, issuer }, ['cli', '--prompt', 'none'])
  const refusal = await fetch(denied.url, {
    redirect: 'manual',
    headers: { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' },
  })
  await fetch(refusal.headers.get('location') ?? '')
  const ended = await denied.done()
  assert.equal(ended.status, 1)
  assert.match(ended.err, /the server answers login_required/)
  assert.ok(!`${err}${ended.err}`.includes(tokens.access_token))
})

test('login: a URI that is not of this machine, or is taken, is refused before anything is asked', async (t) => {
  const { postern } = await running(t)
  for (const uri of [
    'https://app.example/cb',
    'http://evil.example/cb',
    'http://127.0.0.1.evil.example/cb',
    'http://localhost:99999/cb',
    'http://localhost:80@evil.example/',
    'cb',
  ]) {
    const { status, err } = await postern(['login', 'cli', '--redirect-uri', uri])
    assert.deepEqual([status, /--redirect-uri must be/.test(err)], [2, true], uri)
  }
  const taken = createServer().listen(0, '127.0.0.1')
  t.after(() => taken.close())
  await until(() => taken.listening, 'listening')
  const { port } = taken.address() as AddressInfo
  const { status, err } = await postern([
    'login',
    'cli',
    '--redirect-uri',
    `http://127.0.0.1:${port}/callback`,
  ])
  assert.deepEqual([status, /cannot be listened at \(EADDRINUSE\)/.test(err)], [1, true], err)
  assert.equal((await postern(['login', 'cli', '--post'])).status, 2)
})

/** A server that answers the token request of a login with an ID token as `claims` and `key` say. */
async function falseServer(
  t: TestContext,
  sign: (claims: { nonce: string; iss: string }) => Promise<string>,
  jwk: object,
) {
  let nonce = ''
  const server = createServer(async (request, response) => {
    const { port } = server.address() as AddressInfo
    const issuer = `http://localhost:${port}`
    const answers: Record<string, object> = {
      '/.well-known/openid-configuration': {
        ...{ issuer, authorization_endpoint: `${issuer}/a`, token_endpoint: `${issuer}/t` },
        ...{ introspection_endpoint: `${issuer}/i`, jwks_uri: `${issuer}/k` },
      },
      '/k': { keys: [jwk] },
    }
    const path = request.url ?? ''
    const body =
      path === '/t' ? { access_token: 'x', id_token: await sign({ nonce, iss: issuer }) } : answers[path]
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  })
  t.after(() => server.close())
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const withNonce = (text: string) => {
    nonce = text
  }
  return { issuer, withNonce }
}

test('login: an ID token of another login, client, issuer, time or key is refused, and nothing is printed', async (t) => {
  const folder = folderOfTests()
  const { privateKey: good, publicKey: known } = await generateKeyPair('RS256')
  const { privateKey: foreign } = await generateKeyPair('RS256')
  let [change, key] = [{} as object, good]
  const sign = ({ nonce, iss }: { nonce: string; iss: string }) =>
    new SignJWT({ nonce, iss, aud: 'cli', sub: 'u', ...change })
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .setIssuedAt()
      .setExpirationTime('1m')
      .sign(key)
  const { issuer, withNonce } = await falseServer(t, sign, {
    ...(await exportJWK(known)),
    kid: 'k',
    alg: 'RS256',
  })
  const run = async () => {
    const { url, done } = await loggingIn({ server: { folder }, issuer }, ['cli'])
    withNonce(url.searchParams.get('nonce') ?? '')
    await fetch(`${url.searchParams.get('redirect_uri')}?code=c&state=${url.searchParams.get('state')}`)
    return done()
  }
  const well = await run()
  assert.equal(well.status, 0, well.err)
  for (const [changed, by, says] of [
    [{ nonce: 'another' }, good, /another nonce/],
    [{ nonce: undefined }, good, /another nonce/],
    [{ aud: 'other' }, good, /"aud" claim/],
    [{ iss: 'https://evil.example' }, good, /"iss" claim/],
    [{}, foreign, /signature verification failed/],
  ] as const) {
    ;[change, key] = [changed, by]
    const { status, out, err } = await run()
    assert.deepEqual([status, out], [1, ''])
    assert.match(err, says)
  }
})

test('decode: claims and whose key; forged, foreign and encrypted ones; what opaque ones say of themselves', async (t) => {
  const { server, issuer, postern } = await running(t)
  const decoded = async (text: string, words: string[] = []) => {
    const ran = await postern(['decode', '--json', ...words], [text])
    assert.equal(ran.status, 0, ran.err)
    assert.ok(!`${ran.out}${ran.err}`.includes(text), 'the token itself is not repeated')
    return ran.json()
  }
  const { url, done } = await loggingIn({ server, issuer }, ['cli', '--scope', 'openid offline_access'])
  const answer = await new HttpBrowser().walk(url.href, url.searchParams.get('redirect_uri') ?? '', {
    username: 'ada',
    password: PASSWORD,
  })
  const code = answer.searchParams.get('code') ?? ''
  await fetch(answer)
  const { id_token, access_token, refresh_token } = JSON.parse((await done()).out)

  const good = await decoded(id_token)
  assert.deepEqual([good.sub, good.signature, good.expired], ['u-1', `by a key of ${issuer}`, false])
  assert.match(good.auth_time, /^\d{4}-.*Z$/)
  const [head, body, signature = ''] = id_token.split('.')
  const claims = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), sub: 'root' }
  const forged = [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.')
  assert.match((await decoded(forged)).signature, /^by no key of http:.*signature verification failed/)
  const unsigned = [Buffer.from('{"alg":"none"}').toString('base64url'), body, ''].join('.')
  assert.match((await decoded(unsigned)).signature, /^by no key of/)
  assert.match(
    (await decoded(id_token, ['--issuer', 'http://localhost:1'])).signature,
    /^not looked at: .*does not answer/,
  )
  const { privateKey: other } = await generateKeyPair('RS256')
  const old = await new SignJWT({ sub: 'x' })
    .setProtectedHeader({ alg: 'RS256', kid: 'other' })
    .setExpirationTime(1)
    .sign(other)
  const late = await decoded(old)
  assert.deepEqual(
    [late.expired, late.exp, /^by no key/.test(late.signature)],
    [true, '1970-01-01T00:00:01Z', true],
  )
  const sealed = await new CompactEncrypt(Buffer.from('{}'))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(randomBytes(32))
  assert.match((await decoded(sealed)).inside, /^encrypted/)

  const access = await decoded(access_token)
  assert.match(access.kind, /^an access token of a person$/)
  assert.deepEqual([access.expired, /introspect/.test(access.proven)], [false, true])
  const refresh = await decoded(refresh_token)
  assert.match(refresh.kind, /^a refresh token/)
  const redeemed = await decoded(code)
  assert.match(redeemed.kind, /^an authorization code/)
  assert.equal(redeemed.pkce, true)
  assert.deepEqual([access.grant_id, redeemed.grant_id], [refresh.grant_id, refresh.grant_id])
  const own = (await postern(['token', 'svc', '--json', '--scope', 'jobs'], [SECRET])).json().access_token
  const client = await decoded(own)
  assert.deepEqual([client.client_id, client.scope], ['svc', 'jobs'])
  assert.equal((await postern(['introspect', 'svc', '--json'], [SECRET, own])).json().active, true)
  const registered = await fetch(`${issuer}/oauth/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ redirect_uris: ['https://new.example/cb'], client_name: 'New' }),
  })
  const { client_id } = (await registered.json()) as { client_id: string }
  const introduced = await decoded(client_id)
  assert.equal(introduced.registration.client_name, 'New')
  // One that was made up has nothing that could be read, or what its maker wants.
  const made = Buffer.concat([Buffer.from([1, 0, 0, 0, 0, 0]), Buffer.from('no deflate'), Buffer.alloc(32)])
  assert.equal((await decoded(`ci_${made.toString('base64url')}`)).registration, undefined)
  const invited = makeInitialAccessToken(new Keys([KEY]), 1_900_000_000)
  assert.equal((await decoded(invited)).expires, '2030-03-17T17:46:40Z')
  for (const text of [
    'nonsense',
    'at_',
    `at_${Buffer.alloc(60).toString('base64url')}`,
    'a.b.c',
    `${access_token} `.repeat(2),
  ]) {
    const { status, out, err } = await postern(['decode'], [text])
    assert.deepEqual([status, out, /neither a JWT nor a token/.test(err)], [1, '', true], text)
  }
})
