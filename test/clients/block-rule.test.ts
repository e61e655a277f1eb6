import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { blockRule } from '../../src/clients/introduced/block-rule.ts'
import { keptRules } from '../../src/clients/introduced/blocking.ts'
import type { BlockedEntry } from '../../src/config/blocked.ts'
import { runs } from '../support/runs.ts'

const NOW = Date.UTC(2026, 5, 1) / 1000

const rule = (entry: BlockedEntry) =>
  blockRule(
    entry,
    (field, problem) => {
      throw new Error(`${field} ${problem}`)
    },
    NOW,
  )

const app = (client_name: string, ...redirect_uris: string[]) => ({ client: { client_name, redirect_uris } })
const named = (pattern: string, name: string) => rule({ client_name: pattern }).blocks(app(name))
const sent = (host: string, ...uris: string[]) => rule({ redirect_host: host }).blocks(app('x', ...uris))
const described = (host: string, document_host: string | undefined) =>
  rule({ document_host: host }).blocks({ ...app('x', 'https://elsewhere.example/'), document_host })

test('a host is that of the URI as browsers read it, in every spelling of either', () => {
  for (const host of [
    'evil.example',
    'EVIL.Example',
    'evil.example.',
    ' evil.example ',
    'ｅｖｉｌ.example',
    'evil。example',
    'ev\u00adil.example',
  ])
    for (const uri of [
      'https://evil.example/cb',
      'https://EVIL.example/cb',
      'https://evil.example./cb',
      'https://evil.example:8443/cb',
      'https://%65vil.example/cb',
    ]) {
      assert.ok(sent(host, uri), `${host} ${uri}`)
      assert.ok(sent(host, 'https://good.example/', uri), 'one of several is enough')
    }
  for (const uri of [
    'https://evil.example.org/',
    'https://notevil.example/',
    'https://good.example/evil.example',
    'https://good.example/?x=https://evil.example/',
    'https://a.evil.example/',
  ])
    assert.ok(!sent('evil.example', uri), uri)
  assert.ok(sent('münchen.example', 'https://xn--mnchen-3ya.example/'))
  assert.ok(sent('xn--mnchen-3ya.example', 'https://xn--mnchen-3ya.example/'))
  assert.ok(sent('127.0.0.1', 'http://127.0.0.1:33418/'))
  assert.ok(!sent('127.0.0.1', 'http://localhost:33418/'))
  assert.ok(sent('[0:0:0:0:0:0:0:1]', 'http://[::1]:33418/'))
  assert.ok(sent('0x7f.1', 'http://127.0.0.1/'))
})

test('*. is a host with all below it', () => {
  for (const uri of ['https://evil.example/', 'https://a.evil.example/', 'https://A.b.EVIL.example.:1/'])
    assert.ok(sent('*.evil.example', uri), uri)
  for (const uri of ['https://notevil.example/', 'https://evil.example.org/', 'https://example/'])
    assert.ok(!sent('*.evil.example', uri), uri)
  assert.ok(sent('*.example', 'https://evil.example/'))
})

test('a scheme of an application’s own is what the consent page shows of it: the scheme, whatever follows', () => {
  assert.ok(sent('com.evil.app', 'com.evil.app:/cb'))
  assert.ok(sent('com.evil.app:', 'com.evil.app:/cb'))
  assert.ok(sent('cursor', 'cursor://anysphere.cursor-mcp/oauth/callback'))
  assert.ok(!sent('anysphere.cursor-mcp', 'cursor://anysphere.cursor-mcp/oauth/callback'))
  assert.ok(!sent('*.app', 'com.evil.app:/cb'), 'a scheme is below no domain')
})

test('the host of a document', () => {
  for (const at of ['docs.evil.example', 'DOCS.evil.example.', 'docs.evil.example:8443', 'evil.example'])
    assert.ok(described('*.evil.example', at), at)
  assert.ok(!described('evil.example', 'docs.evil.example'))
  assert.ok(!described('*.evil.example', undefined), 'it introduced itself without one')
  const at = { ...app('x', 'https://good.example/'), document_host: 'evil.example' }
  assert.ok(!rule({ redirect_host: 'evil.example' }).blocks(at))
  const unread = { document_host: 'evil.example' }
  assert.ok(rule({ document_host: 'evil.example' }).blocks(unread), 'before it is read')
  assert.ok(!rule({ redirect_host: 'evil.example' }).blocks(unread))
  assert.ok(!rule({ client_name: '*' }).blocks(unread))
})

test('a name is what people see of it: case, width, invisible characters and spaces count for nothing', () => {
  for (const name of [
    'My Bank',
    'MY BANK',
    '  my   bank  ',
    'Ｍｙ　Ｂａｎｋ',
    'M\u200by B\u00ada\u2060nk',
    'my\u00a0bank',
    'My Ba\u034fnk\ufe0f',
    'My\u3164 Bank',
    'My Ban\u{1d424}',
  ]) {
    for (const pattern of ['my bank', '*bank', 'My*', '*Y B*', 'ＭＹ　*', 'm\u200by  bank', '*', '**'])
      assert.ok(named(pattern, name), `${pattern} ${JSON.stringify(name)}`)
    for (const pattern of ['bank', 'my', '*bank of*', 'my bank*x', 'm?bank', 'my.bank', '[m]*'])
      assert.ok(!named(pattern, name), `${pattern} ${JSON.stringify(name)}`)
  }
  assert.ok(named('straße', 'STRASSE'))
  assert.ok(named('*ΟΣ*', 'κόσμοσ οςα'), 'a sigma is one letter, wherever it stands')
  assert.ok(named('a.b+c (d)', 'A.B+C (D)'), 'nothing but * is special')
  assert.ok(!named('a.b', 'axb'))
  assert.ok(named('a＊b', 'a＊b') && !named('a＊b', 'axxb'), 'a wide asterisk is a character')
  assert.ok(!named('ab*ba', 'aba'), 'its ends do not overlap')
})

test('patterns find what a regular expression of the same meaning finds, however many stars they have', () => {
  const letters = fc.string({ unit: fc.constantFrom('a', 'b', '*'), maxLength: 12 })
  const property = fc.property(
    letters,
    fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 }),
    (pattern, name) => {
      fc.pre(pattern !== '')
      const meant = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
      assert.equal(named(pattern, name), meant.test(name), `${pattern} ${name}`)
    },
  )
  fc.assert(property, { numRuns: runs(1000) })
  assert.ok(!named(`${'*a'.repeat(100)}`, `${'a'.repeat(100)}b`))
})

test('a moment blocks nobody, and says when approvals begin to count', () => {
  const { ended_before, blocks } = rule({ approved_before: '2026-05-01T02:00:00+02:00' })
  assert.equal(ended_before, Date.UTC(2026, 4, 1) / 1000)
  assert.ok(!blocks({ ...app('x', 'https://a.example/'), document_host: 'a.example' }))
})

test('all spellings of a rule are one, and two rules are two', () => {
  const key = (entry: BlockedEntry) => rule(entry).key
  assert.equal(key({ redirect_host: 'EVIL.example.' }), key({ redirect_host: 'evil.example' }))
  assert.equal(key({ client_name: '* My  Bank' }), key({ client_name: '* my bank' }))
  assert.equal(key({ approved_before: '2026-05-01' }), key({ approved_before: '2026-05-01T00:00:00Z' }))
  assert.notEqual(key({ redirect_host: '*.evil.example' }), key({ redirect_host: 'evil.example' }))
  assert.notEqual(key({ redirect_host: 'evil.example' }), key({ document_host: 'evil.example' }))
})

test('what is no rule is refused, and the words say what to write', () => {
  for (const [entry, says] of [
    [{}, /^ must have one of redirect_host, document_host, client_name, approved_before, and only one$/],
    [{ redirect_host: 'a.example', client_name: 'x' }, /^ must have one of/],
    ...[
      'https://evil.example',
      'evil.example/cb',
      'user@evil.example',
      'evil.example:443',
      '*',
      '*.',
      '*evil.example',
      'a.*.example',
      '.example',
      'a..example',
      'a b.example',
      '%65vil.example',
      '\u200b',
      'a.example?x',
      'a.example#x',
      'a\\b',
    ].map(
      (redirect_host) =>
        [
          { redirect_host },
          /^redirect_host is not a host name; write it without scheme, port and path/,
        ] as const,
    ),
    [{ document_host: 'https://evil.example/x.json' }, /^document_host is not a host name/],
    [{ client_name: ' \u200b ' }, /^client_name has no character that can be seen/],
    [{ approved_before: 'yesterday' }, /^approved_before is not a date \(2026-05-31\) or/],
    [{ approved_before: '2026-05-01T00:00:00' }, /^approved_before is not a date/],
    [{ approved_before: '2026-06-02' }, /^approved_before lies ahead/],
  ] as const)
    assert.throws(
      () => rule(entry),
      (error: Error) => says.test(error.message),
      JSON.stringify(entry),
    )
})

test('what a later release has kept means nothing here, and the other rules go on', () => {
  const later = [
    { jwks_host: 'a.example' },
    { redirect_host: { any: true } },
    { constructor: 'x' },
  ] as unknown as BlockedEntry[]
  assert.deepEqual(
    keptRules([...later, { client_name: 'x' }]).map(({ text }) => text),
    ['client_name x'],
  )
})
