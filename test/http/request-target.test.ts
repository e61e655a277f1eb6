import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { test } from 'node:test'
import { WALK } from '../support/browser-agent.ts'
import { listen } from '../support/listen.ts'

/** Sends one request as it stands; gives the status, the headers by name, and the body. */
function raw(
  port: number,
  head: string,
): Promise<{ status: number; headers: Map<string, string>; body: string }> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(`${head}\r\nConnection: close\r\n\r\n`))
    socket.setEncoding('utf8').on('error', reject)
    socket.on('data', (chunk) => {
      text += chunk
    })
    socket.on('close', () => {
      const [top = '', body = ''] = text.split('\r\n\r\n')
      const [status = '', ...lines] = top.split('\r\n')
      const headers = lines.map(
        (line) => [line.split(': ')[0]?.toLowerCase() ?? '', line.replace(/^[^:]*: /, '')] as const,
      )
      resolve({ status: Number(status.split(' ')[1]), headers: new Map(headers), body })
    })
  })
}

test('RFC 9112 §3.2.2: a whole URL as the request target is its path and query, for its own host', async (t) => {
  const { issuer } = await listen(t)
  const { port, host } = new URL(issuer)
  const get = (target: string, hostHeader = host) =>
    raw(Number(port), `GET ${target} HTTP/1.1\r\nHost: ${hostHeader}`)
  for (const prefix of [issuer, issuer.toUpperCase()]) {
    const page = await get(prefix + WALK)
    assert.equal(page.status, 200, prefix)
    assert.ok(page.body.includes(`action="/login${WALK.slice(WALK.indexOf('?')).replaceAll('&', '&amp;')}"`))
  }
  // Another name of this machine is sent to the issuer's, path and query as they were.
  const other = await get(`http://127.0.0.1:${port}${WALK}`)
  assert.deepEqual([other.status, other.headers.get('location')], [303, issuer + WALK])
  assert.equal((await get(`${issuer}${WALK}`, '127.0.0.1')).status, 200, 'the host of the target counts')
  assert.equal((await get(`http://127.0.0.1:${port}`)).headers.get('location'), `${issuer}/`)
  assert.equal((await get(`http://127.0.0.1:${port}?a=b`)).headers.get('location'), `${issuer}/?a=b`)
  assert.equal((await get(`${issuer}/oauth/tokenize`)).status, 405)
  // What is neither is no path that leads anywhere, and no part of an address of ours.
  for (const target of ['*', `ftp://127.0.0.1:${port}${WALK}`]) {
    const { status, headers } = await get(target, '127.0.0.1')
    assert.deepEqual([status, headers.get('location')], [404, undefined], target)
  }
  assert.equal((await get(`${issuer}/.well-known/openid-configuration`)).status, 200)
  const posted = await raw(Number(port), `POST ${issuer}${WALK} HTTP/1.1\r\nHost: x\r\nContent-Length: 0`)
  assert.equal(posted.headers.get('location'), WALK)
})

test('the demo is asked by the host of the target too', async (t) => {
  const { issuer } = await listen(t)
  const { port, host } = new URL(issuer)
  const answer = await raw(Number(port), `GET http://evil.example/ HTTP/1.1\r\nHost: ${host}`)
  assert.equal(answer.status, 421)
})
