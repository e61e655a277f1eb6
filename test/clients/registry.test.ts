import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileClients } from '../../src/clients/file-clients.ts'
import { clientRegistry, endingAt } from '../../src/clients/registry.ts'
import { Registry } from '../../src/registry/registry.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { StoreUnavailable } from '../../src/store/store.ts'
import { lateClients, Refused, RULES } from '../support/late-clients.ts'

const client = (client_id: string, more = {}) => ({
  client_id,
  redirect_uris: ['https://a.example/'],
  ...more,
})
const inFile = (...ids: string[]) =>
  fileClients(
    ids.map((id) => client(id)),
    RULES,
  )

test('a client is found in whichever source has it; an unknown one is undefined', async () => {
  const late = lateClients()
  const clients = clientRegistry([inFile('a', 'b'), late.source])
  assert.equal((await clients.find('b'))?.client_id, 'b')
  assert.equal(await clients.find('c'), undefined)
  late.add(client('c'))
  assert.equal((await clients.find('c'))?.client_id, 'c')
})

test('an id that two sources share is refused at the start, also in other capitals', () => {
  for (const id of ['b', 'B', ' b'])
    assert.throws(
      () => clientRegistry([inFile('a', 'b'), lateClients([client(id)]).source]),
      new RegExp(`^ConfigError: client_id ${id} is in the configuration file and in the test; rename one`),
    )
  // In one file they were always two.
  clientRegistry([inFile('b', 'B'), lateClients([client('c')]).source])
  assert.throws(
    () => inFile('a', 'a'),
    /^ConfigError: \/clients\/1\/client_id \(client a\): is listed twice$/,
  )
})

test('a source that is down is no answer, and keeps nobody from the clients of the file', async () => {
  const down = { ...lateClients().source, find: () => Promise.reject(new Error('down')) }
  const clients = clientRegistry([inFile('a'), down])
  assert.equal((await clients.find('a'))?.client_id, 'a')
  await assert.rejects(clients.find('b'), /down/)
})

test('a client of the file ends what it was given when the registry says so; a store that was never there keeps it from nothing', async () => {
  const store = new MemoryStore()
  const registry = new Registry(store, () => 0)
  const clients = endingAt(inFile('a', 'b'), registry)
  await registry.change(() => ({ ended_before: { a: 77 } }))
  assert.equal((await clients.find('a'))?.ended_before, 77)
  assert.equal(await clients.find('a'), await clients.find('a'), 'the same object')
  assert.equal((await clients.find('b'))?.ended_before, undefined)
  const down = Object.assign(new MemoryStore(), { read: () => Promise.reject(new StoreUnavailable('down')) })
  const alone = endingAt(inFile('a'), new Registry(down))
  assert.equal((await alone.find('a'))?.client_id, 'a')
})

test('a node that was idle sees at its first question that a client of the file was stopped; an outage takes no mark back', async () => {
  const store = new MemoryStore()
  const [clock, node] = [{ elapsed: 0 }, { down: false }]
  const read = store.read.bind(store)
  const seen = Object.assign(Object.create(store) as MemoryStore, {
    read: (...of: Parameters<typeof read>) =>
      node.down ? Promise.reject(new StoreUnavailable('down')) : read(...of),
  })
  const clients = endingAt(inFile('a'), new Registry(seen, () => clock.elapsed))
  assert.equal((await clients.find('a'))?.ended_before, undefined)
  await new Registry(store).change(() => ({ ended_before: { a: 77 } }))
  clock.elapsed += 3_600_000
  assert.equal((await clients.find('a'))?.ended_before, 77)
  node.down = true
  clock.elapsed += 3_600_000
  assert.equal((await clients.find('a'))?.ended_before, 77)
})

test('usage is what all use together, and the same object until it changes', () => {
  const late = lateClients()
  const clients = clientRegistry([inFile('a'), late.source])
  const before = clients.usage()
  assert.equal(clients.usage(), before)
  assert.deepEqual([...before.grant_types], ['authorization_code'])
  assert.deepEqual([...before.algorithms], ['RS256'])
  assert.deepEqual([before.pairwise, before.plain_pkce, before.access_token_ttl], [false, false, 300])
  const more = {
    grant_types: ['authorization_code', 'implicit'] as const,
    response_types: ['id_token'] as const,
    subject_type: 'pairwise',
    allow_plain_pkce: true,
    userinfo_signed_response_alg: 'ES256',
    access_token_ttl: 900,
  }
  late.add(client('b', more))
  const after = clients.usage()
  assert.equal(clients.usage(), after)
  assert.deepEqual([...after.grant_types], ['authorization_code', 'implicit'])
  assert.deepEqual([...after.response_types], ['code', 'id_token'])
  assert.deepEqual([...after.algorithms], ['RS256', 'ES256'])
  assert.deepEqual([after.pairwise, after.plain_pkce, after.access_token_ttl], [true, true, 900])
})

test('who registers says how a client is refused: with the path in the file, in other words elsewhere', () => {
  const wrong = client('b', { scope: 'a  b' })
  assert.throws(
    () => fileClients([client('a'), wrong], RULES),
    /^ConfigError: \/clients\/1\/scope \(client b\): must be names separated by single spaces$/,
  )
  assert.throws(() => lateClients([wrong]), new Refused('scope must be names separated by single spaces'))
})

test('what the server cannot do for a client is refused by the rules', () => {
  const pairwise = client('a', { subject_type: 'pairwise' })
  const plain = client('a', { backchannel_logout_uri: 'http://a.internal/' })
  fileClients([pairwise], RULES)
  fileClients([plain], RULES)
  assert.throws(
    () => fileClients([pairwise], { ...RULES, pairwise: false }),
    /\/clients\/0\/subject_type \(client a\): is pairwise, but PAIRWISE_SALT is not set/,
  )
  assert.throws(
    () => fileClients([plain], { ...RULES, plainHttp: false }),
    /\/clients\/0\/backchannel_logout_uri \(client a\): is http .* ALLOW_PRIVATE_ADDRESSES is false; use https$/,
  )
})
