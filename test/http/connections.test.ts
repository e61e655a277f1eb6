import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Connections } from '../../src/http/connections.ts'
import { freePort, listen } from '../support/listen.ts'
import { until } from '../support/until.ts'

const get = (path: string, more = '') => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${more}\r\n`

/** A connection that sends `text`, and stays open on its own side. */
async function sender(t: TestContext, port: number, text: string) {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  t.after(() => socket.destroy())
  const seen = { socket, text: '', ended: false }
  socket.setEncoding('latin1').on('data', (chunk) => {
    seen.text += chunk
  })
  for (const event of ['end', 'error']) {
    socket.on(event, () => {
      seen.ended = true
    })
  }
  await once(socket, 'connect')
  socket.write(text)
  return seen
}

async function server(t: TestContext) {
  const { app, log } = await listen(t)
  const { port } = app.server.address() as AddressInfo
  const sockets: Socket[] = []
  app.server.on('connection', (socket) => sockets.push(socket))
  const gone = () => until(() => sockets.every(({ destroyed }) => destroyed), 'the end of the connection')
  const lines = () => log.filter(({ msg, route }) => msg === 'request' && route === 'none')
  const fail = (code: string) =>
    app.server.emit('clientError', Object.assign(new Error(code), { code }), sockets.at(-1))
  return { port, app, sockets, gone, lines, fail }
}

test('a refused connection is answered once and gone, whatever its client goes on to send', async (t) => {
  const { port, gone, lines } = await server(t)
  for (const [text, status] of [
    ['x\r\n\r\n', 400],
    [`${get('/healthz')}x\r\n\r\n`, 400],
    [get('/', `X: ${'y'.repeat(40_000)}\r\n`), 431],
    ['POST /oauth/tokenize HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n', 400],
    ['GET / HTTP/1.1\r\n\r\n', 400],
    [get('/', 'Expect: a miracle\r\n'), 417],
  ] as const) {
    const before = lines().length
    const { socket } = await sender(t, port, text)
    socket.write('and more\r\n\r\n')
    await gone()
    assert.equal(lines().length, before + 1, text.slice(0, 40))
    assert.equal(lines().at(-1)?.status, status)
  }
})

test('431 says what is too large and what to do; a request that had arrived before is answered first', async (t) => {
  const { port, gone } = await server(t)
  const large = await sender(t, port, get(`/?${'y'.repeat(40_000)}`))
  await gone()
  await until(() => large.ended, 'the end')
  assert.match(large.text, /^HTTP\/1\.1 431 .*text\/plain.*larger than 32768 bytes.*cookies.*by POST/s)
  const mixed = await sender(t, port, `${get('/healthz')}x\r\n\r\n`)
  await gone()
  await until(() => mixed.ended, 'the end')
  assert.deepEqual(mixed.text.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 400'])
})

test('a head that does not arrive in time is 408; nothing at all, or a reset, is no request and no line', async (t) => {
  const { port, gone, lines, fail, sockets } = await server(t)
  const slow = await sender(t, port, 'GET / HT')
  await until(() => (sockets[0]?.bytesRead ?? 0) > 0, 'the first bytes')
  fail('ERR_HTTP_REQUEST_TIMEOUT')
  await gone()
  await until(() => slow.ended, 'the end')
  assert.match(slow.text, /^HTTP\/1\.1 408 /)
  assert.deepEqual(
    lines().map(({ status }) => status),
    [408],
  )
  await sender(t, port, '')
  await until(() => sockets.length === 2, 'a connection')
  fail('ERR_HTTP_REQUEST_TIMEOUT')
  await gone()
  const { socket } = await sender(t, port, 'GET / HT')
  await until(() => (sockets[2]?.bytesRead ?? 0) > 0, 'the first bytes')
  socket.resetAndDestroy()
  await gone()
  assert.equal(lines().length, 1)
})

test('RFC 9112 §9.3.2: pipelined requests are answered in their order, thousands of them, to whom reads', async (t) => {
  const { port } = await server(t)
  const pair = get('/healthz') + get('/nothing')
  const COUNT = 3000
  const client = await sender(t, port, pair.repeat(COUNT / 2))
  const statuses = () => client.text.match(/HTTP\/1\.1 \d+/g) ?? []
  await until(() => statuses().length === COUNT, 'all answers')
  assert.ok(statuses().every((status, at) => status === `HTTP/1.1 ${at % 2 === 0 ? 200 : 404}`))
  // And one after the other on the same connection.
  for (let more = 1; more <= 500; more++) {
    client.socket.write(get('/healthz'))
    await once(client.socket, 'data')
  }
  assert.equal(client.ended, false)
})

/** A guarded server whose answers are larger than what the system takes for a reader that reads nothing. */
async function unread(t: TestContext, answer: (response: ServerResponse) => void) {
  const asked: string[] = []
  const guarded = createServer((request: IncomingMessage, response) => {
    asked.push(request.url ?? '')
    answer(response)
  })
  new Connections({ info: () => {} } as never).guard(guarded)
  await new Promise<void>((resolve) => guarded.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    guarded.closeAllConnections()
    guarded.close()
  })
  const sockets: Socket[] = []
  guarded.on('connection', (socket) => sockets.push(socket))
  const { port } = guarded.address() as AddressInfo
  const client = connect(port, '127.0.0.1')
  client.on('error', () => {}).pause()
  t.after(() => client.destroy())
  return { guarded, asked, sockets, client }
}

test('who does not read is owed one answer: nothing further of the connection is handled, and in the end it is gone', async (t) => {
  const answers: ServerResponse[] = []
  const { guarded, asked, sockets, client } = await unread(t, (response) => {
    answers.push(response)
    response.end(Buffer.alloc(32 * 1024 * 1024))
  })
  client.write(get('/first') + get('/second') + get('/third'))
  await until(() => answers[0]?.writableEnded === true, 'the first answer')
  const text = get('/more').repeat(1000)
  let taken = 0
  for (let more = 0; more < 1000; more++) client.write(text, () => taken++)
  await until(() => (sockets[0]?.bytesRead ?? 0) > 0, 'the first bytes')
  assert.deepEqual(asked, ['/first'])
  // A packet at most is in this process: the rest waits in the system's buffers, or at the sender.
  assert.ok((sockets[0] as Socket).bytesRead < 256 * 1024)
  // What Node says when nothing has moved for the limit.
  guarded.emit('timeout', sockets[0])
  await until(() => sockets[0]?.destroyed === true, 'the end of the connection')
  assert.deepEqual(asked, ['/first'])
})

test('an answer that is still being made is waited for', async (t) => {
  const answers: ServerResponse[] = []
  const { guarded, sockets, client } = await unread(t, (response) => answers.push(response))
  client.resume().write(get('/slow'))
  await until(() => answers.length === 1, 'the request')
  guarded.emit('timeout', sockets[0])
  assert.equal(sockets[0]?.destroyed, false)
  answers[0]?.end('here')
  const [data] = await once(client, 'data')
  assert.match(String(data), /here$/)
})

/** A real process with a small heap. */
async function small(t: TestContext) {
  const port = await freePort()
  const start = join(import.meta.dirname, '../../src/start.js')
  const cwd = mkdtempSync(join(tmpdir(), 'postern-connections-'))
  const env = { PATH: process.env.PATH, PORT: String(port) }
  const child = spawn(process.execPath, ['--max-old-space-size=128', start], { cwd, env })
  t.after(() => child.kill('SIGKILL'))
  let out = ''
  child.stdout.on('data', (chunk) => {
    out += chunk
  })
  await until(() => out.includes('is listening'), 'a server')
  const healthy = () =>
    fetch(`http://127.0.0.1:${port}/healthz`, { headers: { host: 'localhost' } }).then(
      ({ ok }) => ok,
      () => false,
    )
  const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1])
  return { port, child, healthy, peak, output: () => out }
}

test('sixty connections of pipelined requests whose answers nobody reads: the process lives, answers, and stays small', async (t) => {
  const { port, child, healthy, peak } = await small(t)
  const idle = peak()
  const text = get('/login').repeat((128 * 1024) / get('/login').length)
  for (let count = 0; count < 60; count++) {
    const client = connect(port, '127.0.0.1', () => client.write(text))
    client.on('error', () => {}).pause()
    t.after(() => client.destroy())
  }
  for (let asked = 0; asked < 20; asked++) assert.ok(await healthy(), 'it lives')
  assert.equal(child.exitCode, null)
  // Megabytes. Their 170,000 requests at once would take 400.
  assert.ok((peak() - idle) / 1024 < 200, `${peak()} KB after ${idle} KB`)
})

test('SIGTERM does not wait for connections that have sent nothing, or half a head', async (t) => {
  const { port, child, healthy, output } = await small(t)
  for (const text of ['', 'GET / HTTP/1.1\r\nHo', 'x\r\n\r\n', get('/healthz')]) await sender(t, port, text)
  assert.ok(await healthy())
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  assert.deepEqual(await exit, [0, null])
  assert.doesNotMatch(output(), /took longer/)
})
