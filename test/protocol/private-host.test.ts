import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isPlainRemote, isPrivateHost } from '../../src/protocol/private-host.ts'

// As a URL has them: short and odd spellings of an address are its canonical one there.
const hostname = (host: string) => new URL(`http://${host}/`).hostname

test('addresses and names of a private network, by their look', () => {
  for (const host of [
    ...[
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.10',
      '100.64.0.1',
      '100.127.255.255',
      '169.254.1.1',
    ],
    ...[
      '127.0.0.1',
      '0x7f.1',
      '[::1]',
      '[fd00::1]',
      '[fc00::1]',
      '[fe80::1]',
      '[::ffff:10.0.0.1]',
      'localhost',
      'LOCALHOST.',
    ],
    ...[
      'nas',
      'postern',
      'auth.localhost',
      'nas.local',
      'id.lan',
      'a.b.internal',
      'id.home.arpa',
      'x.test',
      'nas.lan.',
    ],
  ])
    assert.ok(isPrivateHost(hostname(host)), host)
})

test('everything else is the internet', () => {
  for (const host of [
    ...['8.8.8.8', '172.15.0.1', '172.32.0.1', '100.63.0.1', '100.128.0.1', '192.169.0.1', '11.0.0.1', '1.1'],
    ...['[2001:4860::1]', '[::ffff:8.8.8.8]', '[::]', '[64:ff9b::a00:1]', '[ff02::1]'],
    ...[
      'id.example',
      'localhost.example',
      'lan.example',
      'xlan.com',
      'home.arpa.com',
      'nottest.dev',
      'foo.arpa',
    ],
    ...['10.0.0.1.example.com', 'mylocal.net', 'internal.example'],
  ])
    assert.ok(!isPrivateHost(hostname(host)), host)
  assert.ok(!isPrivateHost(''))
})

test('what ALLOW_HTTP is for', () => {
  assert.ok(isPlainRemote('http://id.lan/cb'))
  for (const uri of ['http://localhost:1/', 'http://127.0.0.1/', 'https://id.lan/', 'app:/cb', 'nonsense'])
    assert.ok(!isPlainRemote(uri), uri)
})
