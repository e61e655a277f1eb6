import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  isLoopbackRedirect,
  redirectHost,
  redirectUriMatches,
  redirectUriProblem,
} from '../../src/protocol/redirect-uri.ts'
import { runs } from '../support/runs.ts'

const APP = 'https://app.example/cb'
const LOOPBACK = 'http://127.0.0.1/cb'

function matches(requested: string, registered: string, expected: boolean): void {
  assert.equal(redirectUriMatches(requested, registered), expected, `${requested} for ${registered}`)
}

describe('redirect_uri: RFC 9700 section 2.1, compared by exact string matching', () => {
  test('the registered one matches itself', () => {
    for (const uri of [APP, LOOPBACK, 'com.example.app:/cb', 'https://app.example/cb?x=1&y=%2F']) {
      matches(uri, uri, true)
    }
  })

  test('nothing else matches a registered https URI', () => {
    const others = [
      'https://app.example/cb/',
      'https://app.example/cb?',
      'https://app.example/cb?x=1',
      'https://app.example/cb#',
      'https://app.example/cb#x',
      'https://app.example/CB',
      'https://APP.example/cb',
      'HTTPS://app.example/cb',
      'http://app.example/cb',
      'https://app.example:443/cb',
      'https://app.example:8443/cb',
      'https://app.example./cb',
      'https://app.example/./cb',
      'https://app.example/x/../cb',
      'https://app.example/%63b',
      'https://app.example//cb',
      'https://app.example\\cb',
      'https://app.example/cb/../evil',
      'https://user@app.example/cb',
      'https://app.example@evil.com/cb',
      'https://app.example.evil.com/cb',
      'https://evil.com/https://app.example/cb',
      ' https://app.example/cb',
      'https://app.example/cb ',
      'https://app.example/cb\n',
      'https://app.example/cb\u0000',
      '//app.example/cb',
      '/cb',
      '',
    ]
    for (const other of others) matches(other, APP, false)
  })

  test('whatever text is requested matches only where it is the registered text', () => {
    const piece = fc.constantFrom(
      'https://',
      'app.example',
      '/cb',
      '/',
      '.',
      '..',
      '@',
      ':443',
      '%2e',
      '?',
      '#',
      '*',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('')
        assert.equal(redirectUriMatches(text, APP), text === APP)
      }),
      { numRuns: runs(2000) },
    )
  })
})

describe('redirect_uri: RFC 8252 section 7.3, any port for loopback redirect URIs', () => {
  test('the port may differ, be absent on either side, and nothing else', () => {
    for (const host of ['127.0.0.1', '[::1]', 'localhost']) {
      matches(`http://${host}:51004/cb`, `http://${host}/cb`, true)
      matches(`http://${host}:51004/cb?x=1`, `http://${host}:8080/cb?x=1`, true)
      matches(`http://${host}/cb`, `http://${host}:8080/cb`, true)
      matches(`http://${host}:1/cb`, `http://${host}:65535/cb`, true)
      matches(`http://${host}:51004`, `http://${host}`, true)
      matches(`http://${host}:51004/other`, `http://${host}/cb`, false)
      matches(`http://${host}:51004/cb/`, `http://${host}/cb`, false)
      matches(`http://${host}:51004/cb?x=2`, `http://${host}/cb?x=1`, false)
      matches(`http://${host}:51004/cb#x`, `http://${host}/cb`, false)
      matches(`http://${host}:51004/`, `http://${host}`, false)
    }
  })

  test('the three loopback hosts are not each other', () => {
    matches('http://localhost:1/cb', LOOPBACK, false)
    matches('http://[::1]:1/cb', LOOPBACK, false)
    matches('http://127.0.0.1:1/cb', 'http://localhost/cb', false)
    matches('http://127.0.0.2:1/cb', LOOPBACK, false)
    matches('http://0.0.0.0:1/cb', LOOPBACK, false)
  })

  test('a host that only begins, ends or is dressed up like loopback is another host', () => {
    const tricks = [
      'http://127.0.0.1@evil.com/cb',
      'http://127.0.0.1:80@evil.com/cb',
      'http://127.0.0.1:pw@evil.com:80/cb',
      'http://user@127.0.0.1:80/cb',
      'http://user:pw@127.0.0.1/cb',
      'http://@127.0.0.1/cb',
      'http://127.0.0.1.evil.com/cb',
      'http://127.0.0.1:80.evil.com/cb',
      'http://127.0.0.1:80:80/cb',
      'http://127.0.0.1:/cb',
      'http://127.0.0.1:99999/cb',
      'http://127.0.0.1:-1/cb',
      'http://127.0.0.1:8 0/cb',
      'http://127.0.0.1:80\\@evil.com/cb',
      'http://127.0.0.1\\@evil.com/cb',
      'http://127.0.0.1#@evil.com/cb',
      'http://127.0.0.1?@evil.com/cb',
      'http://evil.com/127.0.0.1/cb',
      'http://evil.com#127.0.0.1/cb',
      'http://127.1/cb',
      'http://2130706433/cb',
      'http://0x7f000001/cb',
      'http://[::ffff:127.0.0.1]/cb',
      'http://[0:0:0:0:0:0:0:1]/cb',
      'http://127.0.0.1%2ecb',
      'http:/127.0.0.1:80/cb',
      'http:127.0.0.1:80/cb',
      'http:\\\\127.0.0.1/cb',
      '//127.0.0.1/cb',
      'http://127.0.0.1:80/cb\n',
      'http://127.0.0.1:80\n/cb',
      ' http://127.0.0.1:80/cb',
    ]
    for (const trick of tricks) matches(trick, LOOPBACK, false)
    for (const trick of [
      'http://localhost.evil.com/cb',
      'http://localhost:80.evil.com/cb',
      'http://localhost./cb',
    ]) {
      matches(trick, 'http://localhost/cb', false)
    }
  })

  test('the path is compared as text: no dot segments, no decoding, no case folding', () => {
    const path = 'http://127.0.0.1:9/cb'
    matches(path, LOOPBACK, true)
    for (const other of ['/./cb', '/x/../cb', '/%63b', '/CB', '//cb', '/cb%2f', '/cb/..', '/cb/.', '/cb;x']) {
      matches(`http://127.0.0.1:9${other}`, LOOPBACK, false)
    }
  })

  test('https to a loopback host has no freedom of port', () => {
    matches('https://localhost:8443/cb', 'https://localhost/cb', false)
    matches('https://127.0.0.1:1/cb', 'https://127.0.0.1:2/cb', false)
    matches('https://localhost:80/cb', 'http://localhost:80/cb', false)
    matches('http://localhost:80/cb', 'https://localhost:80/cb', false)
  })

  test('another host has no freedom of port', () => {
    matches('http://192.168.0.1:1/cb', 'http://192.168.0.1:2/cb', false)
    matches('http://app.local:1/cb', 'http://app.local/cb', false)
  })

  test('an unusual spelling of a registered loopback host matches nothing but itself', () => {
    for (const registered of ['http://127.1/cb', 'http://127.0.0.1:/cb', 'http://localhost:000080/cb']) {
      matches(registered, registered, true)
      for (const other of ['http://2130706433/evil', 'http://user@localhost:1/evil', 'http://127.1/evil']) {
        matches(other, registered, false)
      }
    }
  })

  test('isLoopbackRedirect: http and a loopback host, nothing else', () => {
    for (const uri of ['http://127.0.0.1/', 'http://[::1]:8/x', 'http://localhost', 'http://LOCALHOST/']) {
      assert.equal(isLoopbackRedirect(uri), true, uri)
    }
    for (const uri of [
      'https://127.0.0.1/',
      'http://127.0.0.1@evil.com/',
      'http://localhost.evil.com',
      'x',
      '',
    ]) {
      assert.equal(isLoopbackRedirect(uri), false, uri)
    }
  })
})

describe('redirect_uri at registration', () => {
  test('what may be registered', () => {
    const fine = [
      APP,
      'https://app.example',
      'https://app.example:8443/cb?tenant=1',
      LOOPBACK,
      'http://[::1]/cb',
      'http://localhost:3000/cb',
      'com.example.app:/oauth2redirect',
      'com.example.app://cb',
    ]
    for (const uri of fine) assert.equal(redirectUriProblem(uri), undefined, uri)
  })

  const refused: [string, RegExp][] = [
    ['/cb', /not an absolute URI/],
    ['app.example/cb', /not an absolute URI/],
    ['', /not an absolute URI/],
    ['http://127.0.0.1:80:80/', /not an absolute URI/],
    ['http://127.0.0.1:99999/', /not an absolute URI/],
    ['https://app.example/cb#', /fragment/],
    ['https://app.example/cb#x', /fragment/],
    ['https://app.example/c b', /characters/],
    [' https://app.example/cb', /characters/],
    ['https://app.example/cb\n', /characters/],
    ['https://app.example\\cb', /characters/],
    ['https://app.example/"><script>', /characters/],
    ['https://äpp.example/cb', /characters/],
    ['https://app.example/\u007f', /characters/],
    ['https://user@app.example/cb', /user information/],
    ['https://:pw@app.example/cb', /user information/],
    ['http://127.0.0.1@evil.com/', /user information/],
    ['javascript:alert(1)', /scheme javascript:/],
    ['JavaScript:alert(1)', /scheme javascript:/],
    ['data:text/html,x', /scheme data:/],
    ['vbscript:x', /scheme vbscript:/],
    ['blob:https://app.example/x', /scheme blob:/],
    ['file:///etc/passwd', /scheme file:/],
    ['about:blank', /scheme about:/],
    ['ws://app.example/', /scheme ws:/],
    ['view-source:https://app.example/', /scheme view-source:/],
    ['https:app.example/cb', /scheme:\/\/host/],
    ['https:/app.example/cb', /scheme:\/\/host/],
    ['https://@app.example/cb', /scheme:\/\/host/],
    ['http://app.example/cb', /http/],
    ['http://localhost.evil.com/cb', /http/],
    ['http://127.0.0.1.evil.com/cb', /http/],
    ['HTTP://app.example/cb', /http/],
    ['HTTP://127.0.0.1/cb', /upper case; write http:$/],
    ['Https://app.example/cb', /upper case; write https:$/],
    ['Com.Example.App:/cb', /upper case; write com\.example\.app:$/],
    ['https://*.app.example/cb', /wildcard/],
    ['https://app.example/*', /wildcard/],
  ]
  for (const [uri, problem] of refused) {
    test(`refused: ${JSON.stringify(uri)}`, () => {
      assert.match(redirectUriProblem(uri) ?? 'no problem', problem)
    })
  }

  test('a person is told the host of a web address and the scheme of an app', () => {
    assert.equal(redirectHost('https://app.example:8443/cb?x=1'), 'app.example:8443')
    assert.equal(redirectHost('http://127.0.0.1:51004/cb'), '127.0.0.1:51004')
    assert.equal(redirectHost('com.example.app:/cb'), 'com.example.app')
    assert.equal(redirectHost('com.example.app://bank.example/cb'), 'com.example.app')
  })
})
