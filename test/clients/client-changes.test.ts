import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  type ClientContext,
  ClientRefused,
  changeClient,
  createClient,
  deleteClient,
  everyClient,
  makeSecret,
  readClient,
  stopClient,
} from '../../src/clients/client-changes.ts'
import { clientOf, storedClients } from '../../src/clients/stored-clients.ts'
import { rulesFor } from '../../src/composition/clients.ts'
import { beginWith } from '../../src/composition/kept.ts'
import { loadConfig } from '../../src/config/config.ts'
import { Registry } from '../../src/registry/registry.ts'
import type { Store } from '../../src/store/store.ts'
import { onEachStore } from '../support/each-store.ts'
import { KEY } from '../support/server.ts'

const CALLERS = 50
const T = 1_900_000_000
const config = loadConfig({ SECRET_KEYS: KEY })
const rules = rulesFor(config, beginWith(config, undefined).hashed, () => T)
const SERVICE = { grant_types: ['client_credentials'], scope: 'read' }

function contextOf(store: Store, inFile: string[] = []): ClientContext {
  const isInFile = (client_id: string) => inFile.includes(client_id.toLowerCase())
  return { store, registry: new Registry(store), rules, isInFile, now: () => T }
}

onEachStore('clients', (open) => {
  const rule = (title: string, check: (clients: ClientContext) => Promise<void>) =>
    test(title, async () => {
      const store = await open()
      try {
        await check(contextOf(store))
      } finally {
        await store.close()
      }
    })

  rule('of fifty who want one id in its spellings one gets it', async ({ store }) => {
    const spellings = ['App', 'app', 'APP ', ' app']
    const results = await Promise.allSettled(
      Array.from({ length: CALLERS }, (_, at) =>
        createClient(contextOf(store), {
          client_id: spellings[at % 4] as string,
          entry: { redirect_uris: ['https://app.example/cb'] },
          secrets: [],
        }),
      ),
    )
    const made = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value.client_id] : []))
    assert.equal(made.length, 1)
    for (const result of results)
      if (result.status === 'rejected')
        assert.ok(result.reason instanceof ClientRefused, String(result.reason))
    const found: string[] = []
    for await (const { client_id } of everyClient(store, T)) found.push(client_id)
    assert.deepEqual(found, made)
    const source = storedClients({ store, registry: new Registry(store), rules, report: assert.fail })
    for (const spelling of spellings)
      assert.equal((await source.find(spelling))?.client_id, spelling === made[0] ? spelling : undefined)
  })

  rule('an id of the file, of another origin or of a client of before is refused', async ({ store }) => {
    const clients = contextOf(store, ['web'])
    const refused = (client_id: string, why: RegExp) =>
      assert.rejects(
        createClient(clients, { client_id, entry: SERVICE, secrets: [makeSecret('one', T).kept] }),
        why,
      )
    await refused('WEB', /configuration file/)
    for (const id of ['https://app.example/client', 'HTTPS://x', 'http://x', 'ci_abc', 'CI_abc'])
      await refused(id, /another origin/)
    await createClient(clients, { client_id: 'svc', entry: SERVICE, secrets: [makeSecret('one', T).kept] })
    await deleteClient(clients, 'svc')
    await refused('SVC', /never given again/)
    await assert.rejects(stopClient(clients, 'svc'), /there is no client svc/)
    await assert.rejects(deleteClient(clients, 'web'), /configuration file; change it there/)
  })

  rule('what contradicts the rules is refused, and nothing is left of it', async (clients) => {
    await assert.rejects(
      createClient(clients, { client_id: 'x', entry: { grant_types: ['client_credentials'] }, secrets: [] }),
      /grant_types client_credentials needs a client_secret/,
    )
    await assert.rejects(
      createClient(clients, {
        client_id: 'x',
        entry: { redirect_uris: ['javascript:alert(1)'] },
        secrets: [],
      }),
      /redirect_uris/,
    )
    assert.equal(await readClient(clients.store, 'x'), undefined)
    await createClient(clients, { client_id: 'x', entry: SERVICE, secrets: [makeSecret('one', T).kept] })
    await assert.rejects(
      changeClient(clients, 'x', (record) => ({ ...record, secrets: [] })),
      /needs a client_secret/,
    )
    assert.equal((await readClient(clients.store, 'x'))?.secrets.length, 1)
  })

  rule(
    'secrets have 256 bits, are kept as a digest, live side by side and end by themselves',
    async (clients) => {
      const [first, second] = [makeSecret('first', T), makeSecret('second', T)]
      assert.ok(Buffer.from(first.secret, 'base64url').length === 32)
      await createClient(clients, { client_id: 'svc', entry: SERVICE, secrets: [first.kept] })
      await changeClient(clients, 'svc', (record) => ({
        ...record,
        secrets: [{ ...first.kept, until: T + 10 }, second.kept],
      }))
      const record = await readClient(clients.store, 'svc')
      assert.ok(record !== undefined && !JSON.stringify(record).includes(first.secret))
      const at = (now: number) => clientOf(record, { ...rules, now: () => now }).secret
      for (const { secret } of [first, second]) assert.equal(await at(T)?.verify(secret), true)
      assert.equal(await at(T)?.verify('other'), false)
      assert.equal(await at(T + 10)?.verify(first.secret), false)
      assert.equal(await at(T + 10)?.verify(second.secret), true)
      // The last one has ended: a client that needs a secret, and has none that is good.
      const only = { ...record, secrets: [{ ...first.kept, until: T + 10 }] }
      assert.equal(await clientOf(only, { ...rules, now: () => T + 11 }).secret?.verify(first.secret), false)
    },
  )

  rule('fifty administrators who rotate one secret lose none of them', async (clients) => {
    await createClient(clients, { client_id: 'svc', entry: SERVICE, secrets: [makeSecret('one', T).kept] })
    await Promise.all(
      Array.from({ length: CALLERS }, (_, at) =>
        changeClient(contextOf(clients.store), 'svc', (record) => ({
          ...record,
          secrets: [...record.secrets, makeSecret(`s${at}`, T).kept],
        })),
      ),
    )
    assert.equal((await readClient(clients.store, 'svc'))?.secrets.length, CALLERS + 1)
  })

  rule('what its clients use is said without reading them, also by another node', async (clients) => {
    const source = storedClients({
      store: clients.store,
      registry: clients.registry,
      rules,
      report: assert.fail,
    })
    assert.deepEqual([...source.usage().grant_types], [])
    await createClient(clients, {
      client_id: 'svc',
      entry: { ...SERVICE, access_token_format: 'jwt', access_token_signed_response_alg: 'ES256' },
      secrets: [makeSecret('one', T).kept],
    })
    const registry = new Registry(clients.store)
    await registry.refresh()
    const other = storedClients({ store: clients.store, registry, rules, report: assert.fail })
    assert.deepEqual([...other.usage().grant_types], ['client_credentials'])
    assert.ok(other.usage().algorithms.has('ES256'))
    assert.equal(other.usage(), other.usage(), 'the same object')
  })
})
