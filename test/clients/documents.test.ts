import assert from 'node:assert/strict'
import type { IncomingHttpHeaders } from 'node:http'
import { test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { documentUrlProblem } from '../../src/clients/documents/document-url.ts'
import { Documents, DocumentUnavailable, type ReadDocument } from '../../src/clients/documents/documents.ts'
import { FetchBudget, TooManyDocuments } from '../../src/clients/documents/fetch-budget.ts'
import { freshFor } from '../../src/clients/documents/freshness.ts'
import { isListed } from '../../src/clients/documents/hosts.ts'
import { Logos, shownAs } from '../../src/clients/documents/logos.ts'
import { type Fetched, Outbound, OutboundFailure } from '../../src/outbound/outbound.ts'

const ID = 'https://agent.example/c'

test('one spelling of an address is a client_id, and no other', () => {
  const far = (client_id: string) => documentUrlProblem(client_id, { loopback: false })
  for (const good of [
    ID,
    'https://agent.example/',
    'https://a.example:8443/c?v=1',
    'https://xn--bcher-kva.example/c',
  ])
    assert.equal(far(good), undefined, good)
  for (const [bad, why] of [
    ['https://agent.example', /no path/],
    ['https://agent.example/a/../c', /plain spelling/],
    ['https://agent.example/%2e/c', /plain spelling/],
    ['https://agent.example:443/c', /plain spelling/],
    ['https://Agent.example/c', /plain spelling/],
    ['https://bücher.example/c', /plain spelling/],
    ['https://agent.example/ü', /plain spelling/],
    ['https:\\\\agent.example/c', /plain spelling/],
    ['https://agent.example/c\t', /plain spelling/],
    ['https://agent.example./c', /dot at the end/],
    ['https://u:p@agent.example/c', /user information/],
    ['https://@agent.example/c', /user information/],
    ['https://agent.example/c#', /fragment/],
    ['https://agent.example/c?', /empty query/],
    ['http://agent.example/c', /https/],
    ['http://localhost/c', /https/],
    ['https://', /not a URL/],
  ] as const)
    assert.match(far(bad) ?? '', why, bad)
  assert.equal(documentUrlProblem('http://localhost:1/c', { loopback: true }), undefined)
  assert.match(documentUrlProblem('http://10.0.0.1/c', { loopback: true }) ?? '', /https/)
})

test('a list of hosts has names, and what is below a domain', () => {
  const hosts = ['claude.ai', '*.example.com']
  for (const good of ['claude.ai', 'a.example.com', 'a.b.example.com']) assert.ok(isListed(good, hosts), good)
  for (const bad of ['example.com', 'badexample.com', 'claude.ai.evil.example', 'x.claude.ai', 'claude.ai.'])
    assert.ok(!isListed(bad, hosts), bad)
})

test('RFC 9111: as long as its headers allow, within a minute and a day', () => {
  const date = 'Thu, 26 Nov 2026 10:00:00 GMT'
  for (const [headers, seconds] of [
    [{}, 300],
    [{ 'cache-control': 'max-age=600' }, 600],
    [{ 'cache-control': 'public, MAX-AGE="600"', age: '100' }, 500],
    [{ 'cache-control': 'max-age=600, s-maxage=900' }, 900],
    [{ 'cache-control': 'max-age=9999999' }, 86_400],
    [{ 'cache-control': 'max-age=0' }, 60],
    [{ 'cache-control': 'no-store, max-age=600' }, 60],
    [{ 'cache-control': 'no-cache' }, 60],
    [{ 'cache-control': 'max-age=abc' }, 300],
    [{ 'cache-control': 'max-age=-5' }, 60],
    [{ date, expires: 'Thu, 26 Nov 2026 10:10:00 GMT' }, 600],
    [{ date, expires: '0' }, 60],
    [{ 'cache-control': 'max-age=600', age: 'x' }, 600],
  ] as [IncomingHttpHeaders, number][])
    assert.equal(freshFor(headers), seconds, JSON.stringify(headers))
})

test('strangers have ten a minute each, also from all of a /64; who is approved has more, whatever strangers do', async () => {
  let now = 0
  const budget = new FetchBudget(() => now)
  const spend = (address: string, known = false) => budget.spend({ known, address }, async () => 'read')
  for (let at = 0; at < 10; at++) await spend(`2001:db8:1:2::${at}`)
  await assert.rejects(spend('2001:db8:1:2:ffff::1'), TooManyDocuments)
  await spend('2001:db8:1:3::1')
  for (let at = 0; at < 109; at++) await spend(`192.0.2.${at}`)
  await assert.rejects(spend('198.51.100.1'), TooManyDocuments)
  for (let at = 0; at < 60; at++) await spend('198.51.100.1', true)
  await assert.rejects(spend('198.51.100.1', true), TooManyDocuments)
  now += 60_000
  await spend('2001:db8:1:2::1')
  // As proxies write an address: wrapped in IPv6, and with a port.
  for (let at = 0; at < 20; at++) await spend(`::ffff:192.0.2.${at}`)
  for (let at = 0; at < 10; at++) await spend(`198.51.100.7:${4000 + at}`)
  await assert.rejects(spend('198.51.100.7'), TooManyDocuments)
})

test('sixteen strangers at once wait for slow hosts, and take no place of who is approved', async () => {
  const budget = new FetchBudget()
  let end = () => {}
  const slow = new Promise<void>((resolve) => {
    end = resolve
  })
  const slept = Array.from({ length: 16 }, (_, at) =>
    budget.spend({ known: false, address: `192.0.2.${at}` }, () => slow),
  )
  await assert.rejects(
    budget.spend({ known: false, address: '192.0.2.99' }, () => slow),
    TooManyDocuments,
  )
  await budget.spend({ known: true, address: '192.0.2.99' }, async () => {})
  end()
  await Promise.all(slept)
  await budget.spend({ known: false, address: '192.0.2.99' }, async () => {})
})

const answerOf = (document: object, more: Partial<Fetched> = {}): Fetched => ({
  ...{ status: 200, type: 'application/json', headers: {}, ...more },
  bytes: Buffer.from(JSON.stringify({ client_id: ID, redirect_uris: ['https://a.example/'], ...document })),
})

function documentsOf(answer: () => Promise<Fetched>) {
  let asked = 0
  const fetch = () => {
    asked++
    return answer()
  }
  const documents = new Documents({ outbound: () => ({ fetch }), offered: ['openid'] })
  return { documents, asked: () => asked }
}

test('what was read last is used for a day if its host does not answer, and asked for again every half minute', async () => {
  let fails = false
  const { documents, asked } = documentsOf(async () => {
    if (fails) throw new OutboundFailure('no answer in time')
    return answerOf({})
  })
  const read = (now: number) => documents.read(ID, { approved: undefined, address: '192.0.2.1', now })
  const first = await read(1000)
  fails = true
  assert.equal(await read(1299), first)
  assert.equal(asked(), 1)
  assert.equal(await read(1300), first)
  assert.equal(await read(1329), first)
  assert.equal(asked(), 2)
  assert.equal(await read(1331), first)
  assert.equal(asked(), 3)
  await assert.rejects(read(1000 + 86_401), DocumentUnavailable)
  fails = false
  assert.equal((await read(1000 + 86_402)).read_at, 1000 + 86_402)
})

test('a wrong answer is no outage: what was right before does not stand in for it', async () => {
  let status = 200
  const { documents } = documentsOf(async () => answerOf({}, { status }))
  const read = (now: number) => documents.read(ID, { approved: undefined, address: '192.0.2.1', now })
  await read(1000)
  status = 404
  await assert.rejects(read(1301), /answered 404/)
  await assert.rejects(read(1302), /answered 404/)
  status = 503
  await assert.rejects(read(1302), DocumentUnavailable)
  status = 200
  await read(1303)
})

test('a host that refuses robots says nothing about its client: 403 is an outage, and 410 is none', async () => {
  let status = 403
  const { documents } = documentsOf(async () => answerOf({}, { status }))
  const read = (now: number) => documents.read(ID, { approved: undefined, address: '192.0.2.1', now })
  await assert.rejects(read(999), DocumentUnavailable)
  status = 200
  const first = await read(1000)
  for (status of [401, 403, 429]) assert.equal(await read(1000 + 2 * status), first, `${status}`)
  status = 403
  await assert.rejects(read(1000 + 86_401), DocumentUnavailable)
  status = 410
  await assert.rejects(read(1000 + 86_500), /answered 410/)
})

test('a flood of valid documents puts out none that somebody has approved', async () => {
  const answer = async (url: string): Promise<Fetched> => ({
    ...answerOf({ client_id: url }),
    headers: { 'cache-control': 'max-age=86400' },
  })
  let asked: string[] = []
  let now = 0
  const documents = new Documents({
    outbound: () => ({
      fetch: (url) => {
        asked.push(url)
        return answer(url)
      },
    }),
    offered: ['openid'],
    budget: new FetchBudget(() => now),
  })
  const seconds = 5000
  const approved = await documents.read(ID, { approved: undefined, address: '::1', now: seconds })
  await documents.read(`${ID}2`, {
    approved: { ...approved, client_id: `${ID}2` },
    address: '::1',
    now: seconds,
  })
  for (let at = 0; at < 300; at++) {
    now += 60_000
    await documents.read(`https://s${at}.evil.example/c`, {
      approved: undefined,
      address: '::2',
      now: seconds,
    })
  }
  asked = []
  await documents.read(`${ID}2`, { approved: undefined, address: '::1', now: seconds })
  assert.deepEqual(asked, [])
})

test('DNS that changes its answer: the address that is connected to is the one that was judged', async () => {
  let times = 0
  const find = ((_name: string, _options: object, done: (...found: unknown[]) => void) => {
    times++
    done(null, [{ address: '10.0.0.1', family: 4 }])
  }) as never
  const outbound = new Outbound({ reach: 'public', find })
  const documents = new Documents({ outbound: () => outbound, offered: ['openid'] })
  await assert.rejects(
    documents.read(ID, { approved: undefined, address: '192.0.2.1', now: 1 }),
    (error: DocumentUnavailable) => {
      assert.ok(error instanceof DocumentUnavailable)
      assert.doesNotMatch(error.description, /public|address|10\.0/, 'nobody learns what our network answers')
      return true
    },
  )
  assert.equal(times, 1)
})

/** A PNG of one colour. */
function png(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(data.length)
    return Buffer.concat([length, Buffer.from(type), data, Buffer.alloc(4)])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([1, 0, 0, 0, 0], 8)
  const rows = deflateSync(Buffer.alloc(Math.min(height, 64) * (1 + Math.ceil(width / 8))))
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    ...[chunk('IHDR', header), chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))],
  ])
}

test('a logo is an image by its bytes, and of a size that a page can have', () => {
  assert.match(shownAs(png(64, 64)) ?? '', /^data:image\/png;base64,iVBOR/)
  for (const wrong of [
    png(30_000, 30_000),
    png(0, 10),
    Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script>alert(1)</script></svg>',
    ),
    Buffer.from('<html>'),
    Buffer.from('GIF89a'),
    Buffer.from('BM'.padEnd(64, '\0')),
    Buffer.alloc(0),
  ])
    assert.equal(shownAs(wrong), undefined, wrong.subarray(0, 12).toString())
})

test('a logo is asked for once, whether there is one or not', async () => {
  for (const bytes of [png(8, 8), Buffer.from('nothing')]) {
    let asked = 0
    const logos = new Logos(() => ({
      fetch: async () => {
        asked++
        return { status: 200, type: 'text/html', bytes, headers: {} }
      },
    }))
    const read = (uri: string) => logos.read(uri, { known: false, address: '192.0.2.1' })
    const shown = await Promise.all(Array.from({ length: 20 }, () => read('https://a.example/logo')))
    shown.push(await read('https://a.example/logo'))
    assert.equal(new Set(shown).size, 1)
    assert.equal(asked, 1)
  }
})

test('logos of strangers are asked for as often as their documents, and a logo that was not asked for may come later', async () => {
  const asked: string[] = []
  let now = 0
  const fetch = async (uri: string) => {
    asked.push(uri)
    return { status: 200, type: 'image/png', bytes: png(8, 8), headers: {} }
  }
  const logos = new Logos(() => ({ fetch }), new FetchBudget(() => now))
  const read = (at: number, known = false) =>
    logos.read(`https://a.example/${at}`, { known, address: `192.0.2.${at}` })
  // More than are kept, again and again, as many documents that are kept for a day could have it.
  for (let round = 0; round < 3; round++) for (let at = 0; at < 150; at++) await read(at)
  assert.equal(asked.length, 120)
  assert.equal(await read(149), undefined)
  assert.notEqual(await read(149, true), undefined, 'who is approved has a budget of its own')
  now += 60_000
  assert.notEqual(await read(148), undefined)
})

test('keys of a document whose host fails are asked for twice a minute, whatever is signed', async () => {
  let fails = false
  const { documents, asked } = documentsOf(async () => {
    if (fails) throw new OutboundFailure('no answer in time')
    return answerOf({})
  })
  const approved = await documents.read(ID, { approved: undefined, address: '192.0.2.1', now: 1000 })
  fails = true
  const recent = (now: number) => documents.recent(ID, { approved, now, isTried: () => true })
  const at = 1000 + 86_400
  for (let time = 0; time < 30; time++) await assert.rejects(recent(at + time), DocumentUnavailable)
  assert.equal(asked(), 2)
  await assert.rejects(recent(at + 30), DocumentUnavailable)
  assert.equal(asked(), 3)
  fails = false
  await recent(at + 60)
  assert.equal(asked(), 4)
})

test('an approved document that cannot be used spends nothing of what is there for others', async () => {
  const good = 'https://good.example/c'
  let status = 200
  const fetch = async (client_id: string) => ({
    ...answerOf({ client_id }),
    ...(client_id === ID && { status }),
  })
  const documents = new Documents({ outbound: () => ({ fetch }), offered: ['openid'] })
  const read = (client_id: string, asker: number, approved?: ReadDocument, now = 100_000) =>
    documents.read(client_id, { approved, address: `2001:db8:0:${asker.toString(16)}::1`, now })
  const bad = { ...(await read(ID, 0)), read_at: 0 }
  const known = await read(good, 0)
  status = 404
  const later = 100_000 + 400
  for (let asker = 0; asker < 700; asker++) await assert.rejects(read(ID, asker, bad, later))
  assert.equal((await read(good, 999, known, later)).read_at, later)
  status = 200
  await assert.rejects(read(ID, 999, bad, later), TooManyDocuments)
  assert.equal((await read(ID, 999, bad, later + 60)).read_at, later + 60)
})

test('in an outage the newest is used: what another node has read since, not what this one has kept', async () => {
  let fails = false
  const { documents } = documentsOf(async () => {
    if (fails) throw new OutboundFailure('no answer in time')
    return answerOf({})
  })
  const read = (now: number, approved?: ReadDocument) =>
    documents.read(ID, { approved, address: '192.0.2.1', now })
  const former = await read(100_000)
  fails = true
  const newer = { ...former, read_at: 100_200 }
  assert.equal(await read(100_400, newer), newer)
  const older = { ...former, read_at: 99_000 }
  assert.equal(await read(100_500, older), newer)
  const recent = { approved: { ...former, read_at: 100_450 }, now: 100_600, isTried: () => false }
  assert.equal(await documents.recent(ID, recent), recent.approved)
})
