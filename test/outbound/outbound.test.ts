import assert from 'node:assert/strict'
import { type AddressInfo, createServer, isIP } from 'node:net'
import { type TestContext, test } from 'node:test'
import { isPublicAddress } from '../../src/outbound/addresses.ts'
import { type Lookup, Outbound, OutboundFailure } from '../../src/outbound/outbound.ts'
import { clientServer } from '../support/listen.ts'

const guarded = new Outbound({ reach: 'public' })
const open = new Outbound({ reach: 'private' })

const failure = (pattern: RegExp) => (error: Error) => {
  assert.ok(error instanceof OutboundFailure, String(error))
  assert.match(error.message, pattern)
  return true
}

test('addresses that are not on the public internet', () => {
  const inside = [
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '192.0.0.192',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:10.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '2002:7f00:1::',
    '2001:0:7f00:1::',
    '2001:db8::1',
    'fe80::1',
    'fec0::1',
    'fc00::1',
    'fd12:3456::1',
    'ff02::1',
    'localhost',
    '',
    '127.1',
  ]
  for (const address of inside) assert.equal(isPublicAddress(address), false, address)
})

test('addresses that are', () => {
  const outside = [
    '1.1.1.1',
    '8.8.8.8',
    '9.255.255.255',
    '11.0.0.0',
    '100.63.255.255',
    '100.128.0.0',
    '172.15.255.255',
    '172.32.0.0',
    '192.167.255.255',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2a00:1450:4001::1',
  ]
  for (const address of outside) assert.equal(isPublicAddress(address), true, address)
})

test('no spelling of this machine is connected to', async (t) => {
  const { origin, seen } = await clientServer(t, (_request, response) => {
    response.end('reached')
  })
  const { port } = new URL(origin)
  const hosts = [
    '127.0.0.1',
    'localhost',
    'localhost.',
    'LOCALHOST',
    '2130706433',
    '0x7f.1',
    '0177.0.0.1',
    '127.1',
    '0',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '[::ffff:7f00:1]',
    '①②⑦.0.0.1',
  ]
  for (const host of hosts) {
    for (const send of [(url: string) => guarded.get(url), (url: string) => guarded.post(url, { a: 'b' })])
      await assert.rejects(send(`https://${host}:${port}/`), failure(/not public|ENOTFOUND|EAI_AGAIN/), host)
  }
  assert.equal(seen.length, 0)
})

test('what reaches this machine reaches it by its own names alone, and nothing else that is not public', async (t) => {
  const { origin, seen } = await clientServer(t, (_request, response) => {
    response.end('reached')
  })
  const { port } = new URL(origin)
  const near = new Outbound({ reach: 'loopback' })
  for (const host of ['127.0.0.1', 'localhost'])
    assert.equal((await near.get(`http://${host}:${port}/`)).body, 'reached')
  const find = ((_name: string, _options: object, done: (...found: unknown[]) => void) =>
    done(null, [{ address: '127.0.0.1', family: 4 }])) as unknown as Lookup
  const misled = new Outbound({ reach: 'loopback', find })
  await assert.rejects(misled.get(`http://agent.example:${port}/`), failure(/only https/))
  await assert.rejects(misled.get(`https://agent.example:${port}/`), failure(/not public/))
  for (const host of ['10.0.0.1', '169.254.169.254', '[::ffff:10.0.0.1]', '[fd00::1]', '127.0.0.2'])
    await assert.rejects(near.get(`https://${host}:${port}/`), failure(/not public/), host)
  assert.equal(seen.length, 2)
})

test('a name that leads to a private address leads nowhere', async () => {
  for (const address of ['10.0.0.1', '127.0.0.1', '169.254.169.254', '::1', 'fd00::1', '::ffff:10.0.0.1'])
    for (const reach of ['public', 'loopback'] as const) {
      const find = ((_name: string, _options: object, done: (...found: unknown[]) => void) =>
        done(null, [{ address, family: isIP(address) }])) as unknown as Lookup
      const misled = new Outbound({ reach, find })
      await assert.rejects(misled.get('https://agent.example/jwks.json'), failure(/not public/), address)
    }
})

test('only https, unless private addresses are allowed; never another scheme', async (t) => {
  const { origin, seen } = await clientServer(t, (_request, response) => {
    response.end('reached')
  })
  await assert.rejects(guarded.get(origin), failure(/only https/))
  assert.equal((await open.get(origin)).body, 'reached')
  for (const url of ['file:///etc/passwd', 'ftp://example.org/', 'data:text/plain,x', 'nothing', ''])
    await assert.rejects(open.get(url), failure(/only https/), url)
  assert.equal(seen.length, 1)
})

test('a redirect is an answer, not a way to go', async (t) => {
  const { origin, seen } = await clientServer(t, (request, response) => {
    if (request.url === '/there') response.end('there')
    else response.writeHead(302, { location: '/there' }).end()
  })
  assert.equal((await open.get(`${origin}/here`)).status, 302)
  assert.deepEqual(
    seen.map((one) => one.url),
    ['/here'],
  )
})

test('RFC 9110 §10.1.5: every request says who asks, and asks for what it can read', async (t) => {
  const headers: unknown[] = []
  const { origin } = await clientServer(t, (request, response) => {
    headers.push([request.headers['user-agent'], request.headers.accept])
    response.end()
  })
  await open.get(origin)
  await open.post(origin, {})
  assert.deepEqual(headers, [
    ['Postern', 'application/json'],
    ['Postern', undefined],
  ])
})

test('an answer of more than 64 KB is given up, one of 64 KB is read', async (t) => {
  const { origin } = await clientServer(t, (request, response) => {
    response.end('a'.repeat(Number(request.url?.slice(1))))
  })
  assert.equal((await open.get(`${origin}/65536`)).body.length, 65_536)
  await assert.rejects(open.get(`${origin}/65537`), failure(/too large/))
  await assert.rejects(open.get(`${origin}/5000000`), failure(/too large/))
})

test('a form is posted as one; a connection that breaks is a failure, not a crash', async (t) => {
  const { origin, seen } = await clientServer(t, (request, response) => {
    if (request.method === 'POST') response.writeHead(204).end()
    else request.socket.destroy()
  })
  assert.equal((await open.post(origin, { logout_token: 'a b&c' })).status, 204)
  assert.equal(seen[0]?.body, 'logout_token=a+b%26c')
  await assert.rejects(open.get(origin), failure(/hang up|ECONNRESET/))
  await assert.rejects(open.get('http://127.0.0.1:1/'), failure(/ECONNREFUSED/))
})

/** A server that writes these bytes and then does with the connection what `end` says. */
async function rawServer(t: TestContext, bytes: string, end: 'keep' | 'close'): Promise<string> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => (end === 'close' ? socket.end(bytes) : socket.write(bytes)))
    t.after(() => socket.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Any failure but the one of a deadline. */
const AT_ONCE = /^(?!.*in time)/

for (const [name, bytes, end, pattern] of [
  [
    '101',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    'keep',
    /answered 101/,
  ],
  [
    '101 and the end',
    'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    'close',
    /answered 101/,
  ],
  ['100 and the end', 'HTTP/1.1 100 Continue\r\n\r\n', 'close', AT_ONCE],
  ['nothing and the end', '', 'close', AT_ONCE],
  ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf', 'close', AT_ONCE],
  ['no HTTP', 'SSH-2.0-x\r\n', 'keep', /Parse Error/],
] as const) {
  test(`a server that answers ${name} is a failure at once`, async (t) => {
    const url = await rawServer(t, bytes, end)
    for (const send of [() => open.get(url), () => open.post(url, { a: 'b' })])
      await assert.rejects(send, failure(pattern))
  })
}

test('five seconds: for who never answers, and for who answers drop by drop', async (t) => {
  const { origin } = await clientServer(t, (request, response) => {
    if (request.url !== '/drops') return
    const drops = setInterval(() => response.write('x'), 200)
    response.on('close', () => clearInterval(drops))
  })
  await Promise.all([
    assert.rejects(open.get(`${origin}/never`), failure(/no answer in time/)),
    assert.rejects(open.get(`${origin}/drops`), failure(/no answer in time/)),
  ])
})
