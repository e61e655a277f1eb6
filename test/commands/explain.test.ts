import assert from 'node:assert/strict'
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { test } from 'node:test'
import { hashSync } from 'bcrypt'
import { pino } from 'pino'
import pretty from 'pino-pretty'
import { BY_ERROR, BY_EVENT, BY_MESSAGE } from '../../src/commands/explain/kinds.ts'
import { REASONS } from '../../src/commands/explain/reasons.ts'
import { remedyOf } from '../../src/commands/explain/remedies.ts'
import { EVENTS } from '../../src/events/events.ts'
import { ERRORS } from '../../src/protocol/errors.ts'
import { commandBeside, commandLine } from '../support/command-line.ts'
import { HttpBrowser } from '../support/http-browser.ts'
import { served } from '../support/served.ts'
import { folderOfTests } from '../support/sqlite-store.ts'
import { until } from '../support/until.ts'

const src = join(import.meta.dirname, '../../src')
const texts = globSync('**/*.ts', { cwd: src })
  .filter((name) => !name.startsWith('commands/'))
  .map((name) => readFileSync(join(src, name), 'utf8'))

/** Every text of the source that may be a sentence, with something in the places of its values. */
function sentencesIn(text: string): string[] {
  const literals = text.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)
  return [...literals].map(([, plain, template]) => plain ?? (template ?? '').replaceAll(/\$\{[^}]*\}/g, 'x'))
}

test('each reason that has a remedy of its own is one that the server gives, in the same words', () => {
  const sentences = texts.flatMap(sentencesIn)
  // What the log-out adds in front of its reasons.
  const prefixed = sentences.map((sentence) => `post_logout_redirect_uri: ${sentence}`)
  for (const { says } of REASONS)
    assert.ok(
      [...sentences, ...prefixed].some((sentence) => says.test(sentence)),
      String(says),
    )
})

test('every refusal has a remedy: errors, events to look at, what is busy, and each reason against a grant', () => {
  assert.deepEqual(Object.keys(BY_ERROR).sort(), Object.keys(ERRORS).sort())
  const warnings = Object.entries(EVENTS).filter(([, level]) => level === 'warn')
  assert.deepEqual(Object.keys(BY_EVENT).sort(), warnings.map(([name]) => name).sort())
  const busy = texts
    .filter((text) => text.includes('TemporarilyUnavailable'))
    .flatMap((text) =>
      [...text.matchAll(/level: '(?:warn|error)', msg: '([^']+)'/g)].map(([, msg]) => msg ?? ''),
    )
  assert.ok(busy.length >= 3)
  for (const msg of busy) assert.ok(BY_MESSAGE.has(msg), msg)

  const own = (reason: string) => REASONS.some(({ says }) => says.test(reason))
  const reasons = ['grant-types/*.ts', 'grants/grantor.ts', 'users/standing.ts']
    .flatMap((names) => globSync(names, { cwd: src }))
    .flatMap((name) => [
      ...readFileSync(join(src, name), 'utf8').matchAll(
        /(?:refused\(|reason: |detail: |GONE = |DISABLED = |'invalid_grant',\s+|\? |: )'([a-z][^'\n]* [^'\n]*)'/g,
      ),
    ])
    .map(([, reason]) => reason ?? '')
  assert.ok(reasons.length > 15, String(reasons.length))
  for (const reason of reasons)
    assert.ok(own(reason), `no remedy for: ${reason} (src/commands/explain/reasons.ts)`)
})

test('the particular comes before the general', () => {
  const rule = (line: Parameters<typeof remedyOf>[0]) => remedyOf(line)?.rule.split(':')[0]
  const refused = (error: string, reason: string) => rule({ msg: 'request refused', error, reason })
  assert.deepEqual(
    [
      refused('invalid_grant', 'code_verifier does not match code_challenge'),
      refused('invalid_grant', 'code_verifier is sent, but the authorization request had no code_challenge'),
      refused('invalid_request', 'client app must use PKCE (require_pkce): send code_challenge and so on'),
      refused('invalid_request', 'code_challenge_method is S256'),
      refused('invalid_grant', 'redirect_uri is not the one of the authorization request'),
      refused('invalid_request', 'redirect_uri is not one of https://app.example/cb'),
      refused('invalid_request', 'post_logout_redirect_uri: it is not one of none'),
      refused('invalid_request', 'max_age is a number of seconds'),
      refused('no_such_error', 'constructor'),
      rule({
        msg: 'client_authentication_failed',
        event: 'client_authentication_failed',
        reason: 'unknown client',
      }),
      rule({ msg: 'client_authentication_failed', event: 'client_authentication_failed', reason: 'another' }),
      rule({ msg: 'token_issued', event: 'token_issued' }),
      rule({ msg: 'request', status: 200 }),
      rule({ event: 'constructor', error: 'toString', msg: '__proto__' }),
    ],
    [
      'RFC 7636 §4.6',
      'RFC 9700 §2.1.1',
      'RFC 7636 §4.3',
      'RFC 7636 §4.2',
      'RFC 6749 §4.1.3',
      'RFC 6749 §3.1.2',
      'RP-Initiated Logout 1.0 §3',
      'RFC 6749 §4.1.2.1',
      undefined,
      'RFC 6749 §2.3.1',
      'RFC 6749 §5.2',
      undefined,
      undefined,
      undefined,
    ],
  )
})

const CONFIG = `
clients:
  - { client_id: app, client_secret: "a secret of this client for the tests", require_pkce: true,
      redirect_uris: ["https://app.example/cb"], post_logout_redirect_uris: ["https://app.example/bye"], scope: openid }
users: [{ username: ada, sub: u-1, password_hash: "${hashSync('a password', 4)}" }]
`

test('from a page to its remedy: the reference that the browser shows leads to the rule and what is registered', async (t) => {
  const server = await served(t, CONFIG)
  const origin = `http://localhost:${server.port}`
  const browser = new HttpBrowser()
  const referenceOf = (body: string) => /Reference <code>(?:<bdi>)?([^<]+)/.exec(body)?.[1] ?? ''
  const explained = async (reference: string) => {
    assert.match(reference, /^\S+-\w+$/)
    await server.until((lines) => lines.some(({ req, msg }) => req === reference && msg === 'request'))
    const log = server.lines().map((line) => JSON.stringify(line))
    const { json } = await commandBeside({}, server.folder)(['explain', '--json', '--', reference], log)
    return json().lines as Record<string, string>[]
  }
  const pages: [path: string, reason: string, rule: RegExp][] = [
    ['/oauth/authorize?client_id=nobody', 'the client is unknown', /must be registered/],
    [
      '/oauth/authorize?client_id=app&redirect_uri=https://evil.example',
      'redirect_uri is not one of https://app.example/cb',
      /byte for byte/,
    ],
    [
      '/oauth/authorize?client_id=app&scope=openid',
      'the parameter redirect_uri is missing',
      /names its redirect_uri/,
    ],
    [
      '/oauth/logout?client_id=app&post_logout_redirect_uri=https://evil.example',
      'post_logout_redirect_uri: it is not one of https://app.example/bye',
      /where to go after the log-out/,
    ],
  ]
  for (const [path, reason, rule] of pages) {
    const { body } = await browser.open(origin + path)
    const [line] = await explained(referenceOf(body))
    assert.equal(line?.reason, reason, path)
    assert.match(line?.rule ?? '', rule)
    assert.ok((line?.remedy ?? '').length > 10)
  }
  const missing = await fetch(`${origin}/nothing`, { headers: { accept: 'text/html' } })
  const [line] = await explained(referenceOf(await missing.text()))
  assert.equal(line?.rule, 'there is nothing at this address')

  // What is sent on to the client is found by the id of its request.
  const query = 'client_id=app&redirect_uri=https://app.example/cb&response_type=code&scope=openid'
  await browser.open(`${origin}/oauth/authorize?${query}`)
  const grant = await fetch(`${origin}/oauth/tokenize`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa('app:a secret of this client for the tests')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  assert.equal(grant.status, 400)
  await server.until((lines) => lines.some(({ error }) => error === 'unauthorized_client'))
  const refusal = server.lines().find(({ error }) => error === 'unauthorized_client')
  const [unauthorized] = await explained(String(refusal?.req))
  assert.match(unauthorized?.reason ?? '', /^client_credentials is not one of authorization_code/)
  assert.match(unauthorized?.remedy ?? '', /grant_types/)
  const pkce = server.lines().find(({ reason }) => /must use PKCE/.test(String(reason)))
  assert.match((await explained(String(pkce?.req)))[0]?.rule ?? '', /^RFC 7636 §4\.3/)
})

test('logs as they come: of containers, of a terminal, with lines of others; no control character gets out', async () => {
  const folder = folderOfTests()
  const postern = commandLine({}, folder)
  const line = {
    level: 'info',
    time: '2026-01-01T00:00:00.000Z',
    req: 'Qm3x_w-2f',
    error: 'invalid_grant',
    reason: 'code_verifier is missing',
    msg: 'request refused',
  }
  const evil = { ...line, client_id: 'x\u001b[2Jy\u202ez' }
  const log = [
    'Starting',
    `postern-1  | ${JSON.stringify(line)}`,
    '{"req":"Qm3x_w-2f", torn',
    JSON.stringify({ ...line, req: 'Qm3x_w-2g', reason: 'another request' }),
    `2026-01-01T00:00:00Z stdout F ${JSON.stringify(evil)}`,
    'null Qm3x_w-2f {}',
  ]
  writeFileSync(join(folder, 'postern.log'), `${log.join('\n')}\n`)
  const fromFile = postern(['explain', 'Qm3x_w-2f', 'postern.log'])
  assert.equal(fromFile.status, 0, fromFile.err)
  assert.equal(fromFile.out.match(/RFC 7636 §4\.6/g)?.length, 2)
  assert.ok(!fromFile.out.includes('another request'))
  assert.match(fromFile.out, /client_id +x\?\[2Jy\?z/)
  assert.equal(postern(['explain', 'Qm3x_w-2f'], log).out, fromFile.out)
  // Half a reference is none.
  assert.equal(postern(['explain', 'Qm3x_w-2'], log).status, 3)
  assert.equal(postern(['explain', 'Qm3x_w-2f', 'none.log']).status, 1)

  let shown = ''
  const screen = new Writable({
    write(chunk, _encoding, done) {
      shown += chunk
      done()
    },
  })
  const stream = pretty({ colorize: true, translateTime: 'HH:MM:ss', singleLine: true, destination: screen })
  const { level: _, time: __, msg, ...fields } = line
  pino({ base: null }, stream).info(fields, msg)
  await until(() => shown.includes('\n'), 'the line')
  assert.ok(shown.includes('\u001b['), 'as a terminal has it')
  const [found] = postern(['explain', 'Qm3x_w-2f', '--json'], [shown.trimEnd()]).json().lines
  assert.deepEqual(
    [found.msg, found.level, found.reason],
    ['request refused', 'info', 'code_verifier is missing'],
  )
})
