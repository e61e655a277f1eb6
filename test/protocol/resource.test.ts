import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  boundResources,
  OWN_RESOURCE,
  readResource,
  resourceIntersection,
  resourceKey,
  resourceTerms,
  resourceWithin,
} from '../../src/protocol/resource.ts'

const INVALID = { error: 'invalid_target' }

test('RFC 8707 §2: scheme and host are read in lower case, all else as it is sent', () => {
  for (const [sent, read] of [
    ['https://api.example/mcp', 'https://api.example/mcp'],
    ['HTTPS://API.Example/MCP', 'https://api.example/MCP'],
    ['https://API.example:8443/?A=B', 'https://api.example:8443/?A=B'],
    ['https://API.example?A=B', 'https://api.example?A=B'],
    ['http://[::1]:3000/mcp', 'http://[::1]:3000/mcp'],
    ['URN:example:Api', 'urn:example:Api'],
    ['api://Notes', 'api://notes'],
  ] as const)
    assert.equal(readResource(sent), read)
})

test('RFC 8707 §2: what is no absolute URI, has a fragment or says who asks is no resource', () => {
  for (const sent of [
    'https://api.example/#x',
    'https://api.example#',
    'api.example',
    '/mcp',
    '//api.example/mcp',
    'https:api.example',
    'https:/api.example',
    'https:',
    'https://',
    'https:///mcp',
    'https://?x',
    'https://u@api.example/',
    'https://u:p@api.example/',
    'https://api.example\\@evil.example/',
    'https:\\\\api.example',
    'https://api.example/ x',
    ' https://api.example/',
    'https://api.example/\n',
    'https://api.example/\u0000',
    'https://äpi.example/',
    'https://api.example/<b>',
    'https://api.example/"',
    'https://{host}/',
    '1https://api.example/',
    `https://api.example/${'x'.repeat(700)}`,
    '',
  ])
    assert.throws(() => readResource(sent), INVALID, sent)
})

test('a slash at the end, and capitals of scheme and host, make no other resource; all else does', () => {
  const same = (...spellings: string[]) => assert.equal(new Set(spellings.map(resourceKey)).size, 1)
  same('https://api.example', 'https://api.example/', 'HTTPS://API.EXAMPLE/')
  same('https://api.example/mcp', 'https://API.example/mcp/')
  same(OWN_RESOURCE)
  for (const other of [
    'https://api.example/mcp//',
    'https://api.example/MCP',
    'https://api.example:443/mcp',
    'http://api.example/mcp',
    'https://api.example/m%63p',
    'https://api.example/x/../mcp',
    'https://api.example./mcp',
    'https://api.example/mcp?',
  ])
    assert.notEqual(resourceKey(other), resourceKey('https://api.example/mcp'), other)
})

test('any text is read or refused, and what was read is read as itself', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.webUrl({ withQueryParameters: true })), (text) => {
      try {
        const read = readResource(text)
        assert.equal(readResource(read), read)
        assert.equal(resourceKey(read), resourceKey(text))
      } catch (error) {
        assert.equal((error as { error?: string }).error, 'invalid_target')
      }
    }),
  )
})

test('many resources, or long ones, are refused: a token must have room for them', () => {
  const many = (count: number, length: number) =>
    Array.from({ length: count }, (_, at) => `https://${at}.`.padEnd(length, 'x'))
  boundResources(many(8, 87))
  assert.throws(() => boundResources(many(9, 20)), INVALID)
  assert.throws(() => boundResources(many(1000, 20)), INVALID)
  assert.throws(() => boundResources(many(8, 88)), INVALID)
})

test('terms without resources are for this server alone', () => {
  const [a, b] = ['https://a.example', 'https://b.example/']
  assert.equal(resourceTerms([OWN_RESOURCE]), undefined)
  assert.deepEqual(resourceTerms([a, OWN_RESOURCE]), [a, OWN_RESOURCE])
  for (const [part, whole, within] of [
    [undefined, undefined, true],
    [[OWN_RESOURCE], undefined, true],
    [undefined, [a], false],
    [undefined, [a, OWN_RESOURCE], true],
    [[a], undefined, false],
    [[a], [b, a], true],
    [[b], [a], false],
    [['https://b.example'], [b], true],
    [[a, b], [a], false],
  ] as const)
    assert.equal(resourceWithin(part, whole), within, `${part} in ${whole}`)
  assert.deepEqual(resourceIntersection([a, b, OWN_RESOURCE], ['https://b.example', a]), [a, b])
  assert.equal(resourceIntersection([a, OWN_RESOURCE], [OWN_RESOURCE]), undefined)
})
