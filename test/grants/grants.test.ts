import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { FoundGrant } from '../../src/grants/found-grant.ts'
import { Grants } from '../../src/grants/grants.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { StoreFull, StoreUnavailable } from '../../src/store/store.ts'
import { FaultyMemoryStore } from '../support/faulty-store.ts'
import { accessToken, frozen, LIFETIMES, preparedOf, redeemInput, refreshInput, SCOPE, T } from './example.ts'

const NEW_GRANT = frozen({
  client_id: 'app',
  sub: 'alice',
  sid: 'sid-1',
  lasting: 'login' as const,
  scope: SCOPE,
  auth_time: T,
  code_expires_at: T + 60,
  grant_max_ttl: 0,
})

async function found(grants: Grants, id: string, now: number): Promise<FoundGrant> {
  const grant = await grants.find(id, now)
  assert.ok(grant !== undefined)
  return { id, grant }
}

async function ids(grants: Grants, sub: string, now: number): Promise<string[]> {
  return (await grants.ofSubject(sub, now)).map(({ id }) => id)
}

describe('grants', () => {
  test('an approval becomes one unredeemed record that ends with its code', async () => {
    const grants = new Grants(new MemoryStore())
    const { id } = await grants.create(NEW_GRANT, T)
    assert.match(id, /^[\w-]{22}$/)
    const grant = await grants.find(id, T + 59)
    assert.equal(grant?.redeemed, false)
    assert.equal(grant?.refresh, null)
    assert.equal(grant?.ends_at, null)
    assert.equal(await grants.find(id, T + 60), undefined)
  })

  test('grant_max_ttl fixes the absolute end when the person approves', async () => {
    const grants = new Grants(new MemoryStore())
    const { id } = await grants.create({ ...NEW_GRANT, grant_max_ttl: 500 }, T)
    assert.equal((await grants.find(id, T))?.ends_at, T + 500)
    const answer = await grants.redeem(await found(grants, id, T + 50), redeemInput(), T + 50)
    assert.equal(preparedOf(answer).refresh?.expires_at, T + 500)
    assert.equal(await grants.find(id, T + 500), undefined)
  })

  test('a stale reading of the grant decides nothing: the second redemption of one reading is reuse', async () => {
    const grants = new Grants(new MemoryStore())
    const { id } = await grants.create(NEW_GRANT, T)
    const reading = await found(grants, id, T)
    assert.equal((await grants.redeem(reading, redeemInput(), T)).result, 'issued')
    assert.equal((await grants.redeem(reading, redeemInput(), T)).result, 'reused')
    assert.equal(await grants.find(id, T), undefined)
    assert.equal((await grants.refresh(reading, refreshInput(0), T)).result, 'unknown')
  })

  test('a stale reading of the grant decides nothing: a revoked grant is not written back', async () => {
    const grants = new Grants(new MemoryStore())
    const { id } = await grants.create(NEW_GRANT, T)
    await grants.redeem(await found(grants, id, T), redeemInput(), T)
    const reading = await found(grants, id, T)
    await grants.revoke(id, 'alice')
    assert.equal((await grants.refresh(reading, refreshInput(0), T)).result, 'unknown')
    assert.equal(await grants.find(id, T), undefined)
  })

  test('revoking takes everything with it, is idempotent, and leaves no link', async () => {
    const store = new MemoryStore()
    const grants = new Grants(store)
    const { id } = await grants.create(NEW_GRANT, T)
    const answer = await grants.redeem(await found(grants, id, T), redeemInput(), T)
    await grants.revoke(id, 'alice')
    await grants.revoke(id, 'alice')
    assert.equal(await grants.find(id, T), undefined)
    assert.equal(
      await grants.revokeAccessToken({ ...accessToken(preparedOf(answer)), grant_id: id }, T),
      false,
    )
    assert.deepEqual(await store.list('grants_of:alice', T), { members: [] })
  })

  test('an access token is revoked by its grant', async () => {
    const grants = new Grants(new MemoryStore())
    const { id } = await grants.create(NEW_GRANT, T)
    const answer = await grants.redeem(await found(grants, id, T), redeemInput(), T)
    const token = { ...accessToken(preparedOf(answer)), grant_id: id }
    assert.equal(await grants.revokeAccessToken(token, T), true)
    assert.equal(await grants.revokeAccessToken(token, T), false)
    assert.deepEqual((await grants.find(id, T))?.revoked, [[token.jti, token.expires_at, token.issued_at]])
  })

  test("a person's living grants are listed, and nobody else's", async () => {
    const grants = new Grants(new MemoryStore())
    const [{ id: first }, { id: second }] = [
      await grants.create(NEW_GRANT, T),
      await grants.create(NEW_GRANT, T),
    ]
    const { id: bobs } = await grants.create({ ...NEW_GRANT, sub: 'bob' }, T)
    assert.deepEqual((await ids(grants, 'alice', T)).sort(), [first, second].sort())
    assert.deepEqual(await ids(grants, 'bob', T), [bobs])
    await grants.revoke(first, 'alice')
    assert.deepEqual(await ids(grants, 'alice', T), [second])
    assert.deepEqual(await ids(grants, 'alice', T + 60), [])
  })

  test('more grants than one page holds are all listed', async () => {
    const grants = new Grants(new MemoryStore())
    const created = new Set<string>()
    for (let at = 0; at < 230; at++)
      created.add((await grants.create({ ...NEW_GRANT, client_id: `app${at}` }, T)).id)
    assert.deepEqual(new Set(await ids(grants, 'alice', T)), created)
  })

  test('a grant is listed as long as it lives, through redemption and refresh', async () => {
    const grants = new Grants(new MemoryStore())
    const { id } = await grants.create(NEW_GRANT, T)
    await grants.redeem(await found(grants, id, T), redeemInput(), T)
    assert.deepEqual(await ids(grants, 'alice', T + 3599), [id])
    await grants.refresh(await found(grants, id, T + 3000), refreshInput(0), T + 3000)
    assert.deepEqual(await ids(grants, 'alice', T + 6599), [id])
    assert.deepEqual(await ids(grants, 'alice', T + 6600), [])
  })

  test('a grant is listed as long as it lives, also after lifetimes were made shorter', async () => {
    const grants = new Grants(new MemoryStore())
    const { id } = await grants.create(NEW_GRANT, T)
    await grants.redeem(await found(grants, id, T), redeemInput(), T)
    await grants.refresh(await found(grants, id, T + 10), refreshInput(0), T + 10)
    // A reload makes them shorter; the same client repeats its refresh within the grace.
    const lifetimes = { ...LIFETIMES, access_token_ttl: 60, refresh_token_ttl: 60 }
    const again = await grants.refresh(
      await found(grants, id, T + 20),
      refreshInput(0, { lifetimes }),
      T + 20,
    )
    assert.equal(again.result, 'replayed')
    assert.notEqual(await grants.find(id, T + 3600), undefined)
    assert.deepEqual(await ids(grants, 'alice', T + 3600), [id])
  })

  test('link, then record: a crash in between leaves a link to nothing, which listing drops', async () => {
    const store = new FaultyMemoryStore()
    const grants = new Grants(store)
    store.vague = false
    store.fault = ({ verb }) => (verb === 'create' ? 'before' : 'none')
    await assert.rejects(grants.create(NEW_GRANT, T), StoreUnavailable)
    assert.equal((await store.list('grants_of:alice', T)).members.length, 1)
    assert.deepEqual(await ids(grants, 'alice', T), [])
  })

  test('a full store refuses an approval and keeps the grants it has', async () => {
    const grants = new Grants(new MemoryStore(24))
    const created: string[] = []
    for (let at = 0; at < 12; at++)
      created.push((await grants.create({ ...NEW_GRANT, client_id: `app${at}` }, T)).id)
    await assert.rejects(grants.create({ ...NEW_GRANT, client_id: 'more' }, T), StoreFull)
    assert.deepEqual((await ids(grants, 'alice', T)).sort(), created.sort())
    assert.equal(
      (await grants.redeem(await found(grants, created[0] ?? '', T), redeemInput(), T)).result,
      'issued',
    )
  })

  test('a redemption whose write was unknown is answered once, with what is in the store', async () => {
    const store = new FaultyMemoryStore()
    const grants = new Grants(store)
    const { id } = await grants.create(NEW_GRANT, T)
    const reading = await found(grants, id, T)
    for (const fault of ['after', 'before'] as const) {
      let left = 1
      store.fault = ({ verb }) => (verb === 'replace' && left-- > 0 ? fault : 'none')
      const answer =
        fault === 'after'
          ? await grants.redeem(reading, redeemInput(), T)
          : await grants.refresh(await found(grants, id, T), refreshInput(0), T)
      assert.equal(answer.result, 'issued')
    }
    assert.equal((await grants.find(id, T))?.refresh?.generation, 1)
  })
})

describe('what one person may fill', () => {
  const links = async (store: MemoryStore, now: number) =>
    (await store.list('grants_of:alice', now)).members.length

  test('an unredeemed grant, a reused one and a refused one leave no link behind', async () => {
    const store = new MemoryStore(24)
    const grants = new Grants(store)
    const { id } = await grants.create(NEW_GRANT, T)
    assert.equal(await links(store, T), 1)
    // The code's own end, and not the hour's.
    assert.equal(await links(store, NEW_GRANT.code_expires_at), 0)
    await grants.redeem(await found(grants, id, T), redeemInput(), T)
    // As long as its refresh token, and a tenth more.
    assert.equal(await links(store, T + LIFETIMES.refresh_token_ttl), 1)
    assert.equal(await links(store, T + LIFETIMES.refresh_token_ttl * 1.1), 0)
    const answer = await grants.redeem(await found(grants, id, T), redeemInput(), T)
    assert.equal(answer.result, 'reused')
    assert.equal(await links(store, T), 0)
    const fill = Array.from({ length: 12 }, (_, at) => ({ ...NEW_GRANT, sub: 's', client_id: `app${at}` }))
    for (const facts of fill) await grants.create(facts, T)
    await assert.rejects(grants.create({ ...NEW_GRANT, client_id: 'more' }, T), StoreFull)
    assert.equal(await links(store, T), 0)
  })

  test('a refresh token used again leaves no link behind', async () => {
    const store = new MemoryStore()
    const grants = new Grants(store)
    const { id } = await grants.create(NEW_GRANT, T)
    await grants.redeem(await found(grants, id, T), redeemInput(), T)
    await grants.refresh(await found(grants, id, T), refreshInput(0), T)
    const again = await grants.refresh(await found(grants, id, T + 60), refreshInput(0), T + 60)
    assert.equal(again.result, 'reused')
    assert.equal(await links(store, T + 60), 0)
  })

  test('a grant without a refresh token is linked as long as its access token, and hardly longer', async () => {
    const store = new MemoryStore()
    const grants = new Grants(store)
    const { id } = await grants.create(NEW_GRANT, T)
    await grants.redeem(await found(grants, id, T), redeemInput({ refresh: false }), T)
    assert.equal(await links(store, T + LIFETIMES.access_token_ttl), 1)
    assert.equal(await links(store, T + LIFETIMES.access_token_ttl * 1.1), 0)
  })

  test('a link is moved ahead of the grant, so that most refreshes write none', async () => {
    const store = new MemoryStore()
    let linked = 0
    const link = store.link.bind(store)
    store.link = (...parameters) => {
      linked++
      return link(...parameters)
    }
    const grants = new Grants(store)
    const { id } = await grants.create(NEW_GRANT, T)
    await grants.redeem(await found(grants, id, T), redeemInput(), T)
    for (let at = 1; at <= 100; at++) {
      const now = T + at * 60
      await grants.refresh(await found(grants, id, now), refreshInput(at - 1), now)
      assert.deepEqual(await ids(grants, 'alice', now), [id])
    }
    // 6,000 seconds, a tenth of 3,600 ahead each time.
    assert.ok(linked <= 2 + 6000 / 360, String(linked))
  })

  test('a client that loops ends its own grants, not those with another client', async () => {
    const grants = new Grants(new MemoryStore(100_000))
    const bank = await grants.create({ ...NEW_GRANT, client_id: 'bank', code_expires_at: T + 1 }, T)
    const ended: string[] = []
    for (let at = 0; at < 1100; at++) {
      const created = await grants.create({ ...NEW_GRANT, client_id: 'noisy' }, T)
      ended.push(...created.ended.map(({ grant }) => grant.client_id))
    }
    assert.ok(ended.length >= 200)
    assert.deepEqual(new Set(ended), new Set(['noisy']))
    assert.notEqual(await grants.find(bank.id, T), undefined)
  })

  test('what waits for its code goes last: somebody is about to come for it', async () => {
    const grants = new Grants(new MemoryStore(100_000))
    for (let at = 0; at < 990; at++) {
      const { id } = await grants.create(NEW_GRANT, T)
      await grants.redeem(await found(grants, id, T), redeemInput(), T)
    }
    const waiting: string[] = []
    for (let at = 0; at < 12; at++) waiting.push((await grants.create(NEW_GRANT, T)).id)
    for (const id of waiting) assert.notEqual(await grants.find(id, T), undefined)
  })

  test('a refresh whose link fails leaves the record as it was: what is there is always listed', async () => {
    const store = new MemoryStore()
    const grants = new Grants(store)
    const { id } = await grants.create(NEW_GRANT, T)
    await grants.redeem(await found(grants, id, T), redeemInput(), T)
    const link = store.link.bind(store)
    store.link = async () => {
      throw new StoreUnavailable('injected')
    }
    const now = T + 3000
    await assert.rejects(grants.refresh(await found(grants, id, now), refreshInput(0), now), StoreUnavailable)
    store.link = link
    const again = await grants.refresh(await found(grants, id, now + 1), refreshInput(0), now + 1)
    assert.equal(again.result, 'issued')
    assert.deepEqual(await ids(grants, 'alice', now + 3600), [id])
  })

  test('a grant that is revoked between a read and a refresh is not linked again', async () => {
    const store = new MemoryStore()
    const grants = new Grants(store)
    const { id } = await grants.create(NEW_GRANT, T)
    await grants.redeem(await found(grants, id, T), redeemInput(), T)
    const before = await found(grants, id, T + 3000)
    await grants.revoke(id, 'alice')
    assert.equal((await grants.refresh(before, refreshInput(0), T + 3000)).result, 'unknown')
    assert.equal(await links(store, T + 3000), 0)
  })

  test('however many links there are, twenty records at most are asked for at once', async () => {
    const store = new MemoryStore(100_000)
    for (let at = 0; at < 5000; at++) await store.link('grants_of:alice', `dead${at}`, T + 1000, T)
    let waiting = 0
    let most = 0
    const read = store.read.bind(store) as MemoryStore['read']
    store.read = async (...parameters) => {
      most = Math.max(most, ++waiting)
      await new Promise(setImmediate)
      waiting--
      return read(...parameters) as never
    }
    await new Grants(store).create(NEW_GRANT, T)
    assert.equal(most, 20)
  })

  test('beyond a thousand the ones that end first give way, many at a time, never the new one', async () => {
    const grants = new Grants(new MemoryStore(100_000))
    const created: string[] = []
    for (let at = 0; at < 1000; at++) {
      const facts = { ...NEW_GRANT, code_expires_at: T + 9000 + at }
      const { id, ended } = await grants.create(facts, T)
      const lifetimes = { ...LIFETIMES, refresh_token_ttl: 10_000 + at }
      await grants.redeem(await found(grants, id, T), redeemInput({ lifetimes }), T)
      assert.equal(ended.length, 0)
      created.push(id)
    }
    const { id, ended } = await grants.create({ ...NEW_GRANT, code_expires_at: T + 50 }, T)
    assert.deepEqual(ended.map(({ id }) => id).sort(), created.slice(0, 200).sort())
    assert.notEqual(await grants.find(id, T), undefined)
    assert.equal(await grants.find(created[199] as string, T), undefined)
    assert.notEqual(await grants.find(created[200] as string, T), undefined)
    assert.equal((await grants.create(NEW_GRANT, T)).ended.length, 0)
  })

  test('codes that nobody redeems push out no token in use, and not the codes of another client', async () => {
    const grants = new Grants(new MemoryStore(100_000))
    const redeemed: string[] = []
    for (let at = 0; at < 10; at++) {
      const { id } = await grants.create(NEW_GRANT, T)
      await grants.redeem(await found(grants, id, T), redeemInput(), T)
      redeemed.push(id)
    }
    const { id: bank } = await grants.create({ ...NEW_GRANT, client_id: 'bank', code_expires_at: T + 1 }, T)
    const codes: string[] = []
    for (let at = 0; at < 1100; at++)
      codes.push((await grants.create({ ...NEW_GRANT, code_expires_at: T + 60 + at }, T)).id)
    for (const id of [...redeemed, bank]) assert.notEqual(await grants.find(id, T), undefined)
    const left = await Promise.all(codes.map(async (id) => (await grants.find(id, T)) !== undefined))
    // The oldest first; the latest are there.
    assert.ok(left.slice(-16).every(Boolean))
    assert.ok(left.slice(0, 900).every((there) => !there))
  })

  test('fifty at once that find the room full: one of them clears it, and nobody is turned away', async () => {
    const store = new MemoryStore(100_000)
    const grants = new Grants(store)
    for (let at = 0; at < 1000; at++) await grants.create(NEW_GRANT, T)
    let reads = 0
    const read = store.read.bind(store) as MemoryStore['read']
    store.read = async (...parameters) => {
      reads++
      await new Promise(setImmediate)
      return read(...parameters) as never
    }
    const created = await Promise.all(Array.from({ length: 50 }, () => grants.create(NEW_GRANT, T)))
    assert.equal(created.filter(({ ended }) => ended.length > 0).length, 1)
    assert.ok(reads < 2500, `${reads} reads`)
    const latest = await grants.create(NEW_GRANT, T)
    assert.notEqual(await grants.find(latest.id, T), undefined)
  })
})
