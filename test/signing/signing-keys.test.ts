import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { createLocalJWKSet, decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify } from 'jose'
import { ConfigError } from '../../src/config/config-error.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from '../../src/protocol/algorithms.ts'
import { Keys } from '../../src/secrets/keys.ts'
import { withLock } from '../../src/signing/file-lock.ts'
import { LEAD, type RotationPlan, type SigningKey } from '../../src/signing/key-set.ts'
import { FileVault, type KeyVault } from '../../src/signing/key-vault.ts'
import { SigningKeys } from '../../src/signing/signing-keys.ts'
import { storeVault } from '../../src/signing/store-vault.ts'
import { MemoryStore } from '../../src/store/memory.ts'
import { type Store, StoreUnavailable } from '../../src/store/store.ts'
import { RedisServer } from '../support/redis.ts'
import { openRedis } from '../support/redis-store.ts'
import { KEY } from '../support/server.ts'

const DAY = 86_400
const OTHER = 'c0Zb1Yx9dQkq2m7cR8tLwV3nF4gH6jKpE5uA0iXoTyM='
const PLAN: RotationPlan = { algorithms: ['RS256'], every: 90 * DAY, keep: 3600 + LEAD }
const START = 1_800_000_000

const clock = { now: START }
const node = (vault: KeyVault, plan = PLAN) =>
  new SigningKeys({ vault, plan: () => plan, now: () => clock.now })
const inStore = (store: Store, secrets = [KEY], plan = PLAN) =>
  node(storeVault(store, new Keys(secrets)), plan)
const kids = async (keys: SigningKeys) => (await keys.jwks()).keys.map((key) => key.kid)
const signer = async (keys: SigningKeys) => decodeProtectedHeader(await keys.sign('RS256', 'JWT', {})).kid
const file = () => join(mkdtempSync(join(tmpdir(), 'postern-keys-')), 'keys.json')

async function made(alg: SigningAlgorithm, kid: string): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true })
  return { ...(await exportJWK(privateKey)), kid, alg }
}

async function atOnce(open: () => Store | Promise<Store>) {
  const nodes = await Promise.all(
    Array.from({ length: 4 }, async () => inStore(await open(), [KEY], { ...PLAN, algorithms: ['ES256'] })),
  )
  await Promise.all(nodes.map((one) => one.refresh()))
  const seen = await Promise.all(nodes.map(kids))
  for (const one of seen) assert.deepEqual(one, seen[0])
  assert.equal(seen[0]?.length, 1)
}

test('nodes that start at once agree on one set, in memory', async () => {
  const store = new MemoryStore()
  await atOnce(() => store)
})

test('nodes that start at once agree on one set, in Redis, whose dump has no private key', async (t) => {
  const redis = await RedisServer.start()
  t.after(() => redis.remove())
  const open = async () => {
    const store = await openRedis(redis.url)
    t.after(() => store.close())
    return store
  }
  await atOnce(open)
  const dump = redis
    .cli('KEYS', '*')
    .split('\n')
    .map((key) => redis.cli('GET', key))
    .join('\n')
  assert.match(dump, /"sealed"/)
  for (const name of ['"d"', '"kid"', 'ES256']) assert.ok(!dump.includes(name), name)
})

test('every algorithm signs what jose verifies with the published keys, which have no private member', async () => {
  const keys = inStore(new MemoryStore(), [KEY], { ...PLAN, algorithms: SIGNING_ALGORITHMS })
  const jwks = await keys.jwks()
  for (const key of jwks.keys) {
    for (const member of ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k', 'signs_from'])
      assert.ok(!(member in key), member)
  }
  for (const alg of SIGNING_ALGORITHMS) {
    const jwt = await keys.sign(alg, 'JWT', { sub: 'somebody' })
    const { payload, protectedHeader } = await jwtVerify(jwt, createLocalJWKSet(jwks), { algorithms: [alg] })
    assert.equal(payload.sub, 'somebody')
    assert.ok(protectedHeader.kid)
  }
})

test('rotation by schedule: published ahead, signing after the lead, retired until its last token has expired', async () => {
  clock.now = START
  const store = new MemoryStore()
  const one = inStore(store)
  const other = inStore(store)
  await one.refresh()
  const [first] = await kids(one)
  clock.now = START + 90 * DAY - LEAD - 1
  await one.refresh()
  assert.deepEqual(await kids(one), [first], 'not before its time')

  clock.now = START + 90 * DAY - LEAD
  await Promise.all([one.refresh(), other.refresh()])
  const both = await kids(one)
  assert.equal(both.length, 2)
  assert.deepEqual(await kids(other), both, 'both nodes made one key between them')
  assert.equal(await signer(one), first)

  clock.now += LEAD - 1
  assert.equal(await signer(one), first)
  const last = await one.sign('RS256', 'JWT', {})
  clock.now += 1
  const second = both[1]
  assert.equal(await signer(one), second, 'without a refresh: the time alone decides')
  assert.equal(await signer(other), second)

  clock.now += PLAN.keep - 1
  await one.refresh()
  assert.deepEqual(await kids(one), both, 'what the first one signed may still be shown')
  await jwtVerify(last, createLocalJWKSet(await one.jwks()), { algorithms: ['RS256'] })
  clock.now += 1
  await one.refresh()
  assert.deepEqual(await kids(one), [second])
})

test('a rotation by hand: once, however often it is asked for; other nodes follow by looking', async () => {
  clock.now = START
  const store = new MemoryStore()
  const [one, other] = [inStore(store), inStore(store)]
  const first = await signer(one)
  await other.refresh()
  assert.equal(await one.rotate(), START + LEAD)
  assert.equal(await other.rotate(), START + LEAD)
  await one.refresh()
  const both = await kids(one)
  assert.equal(both.length, 2)
  assert.deepEqual(await kids(other), both)
  assert.equal(await signer(other), first)
  clock.now += LEAD
  assert.equal(await signer(other), both[1])
})

test('no schedule: KEY_ROTATION 0 makes no further key, by hand it goes', async () => {
  clock.now = START
  const store = new MemoryStore()
  const keys = inStore(store, [KEY], { ...PLAN, every: 0 })
  await keys.refresh()
  clock.now += 3650 * DAY
  await keys.refresh()
  assert.equal((await kids(keys)).length, 1)
  await keys.rotate()
  assert.equal((await kids(keys)).length, 2)
})

test('an algorithm that a client begins to use gets its key; the others keep theirs', async () => {
  clock.now = START
  const store = new MemoryStore()
  const [first] = await kids(inStore(store))
  const more = inStore(store, [KEY], { ...PLAN, algorithms: ['RS256', 'EdDSA'] })
  const keys = (await more.jwks()).keys
  assert.deepEqual(
    keys.map((key) => key.alg),
    ['RS256', 'EdDSA'],
  )
  assert.equal(keys[0]?.kid, first)
})

test('the first key of an algorithm signs at once, so a node that is asked looks again: at most once in two seconds', async () => {
  clock.now = START
  const store = new MemoryStore()
  let reads = 0
  const vault = storeVault(store, new Keys([KEY]))
  const counting: KeyVault = {
    read: () => {
      reads++
      return vault.read()
    },
    change: (change) => vault.change(change),
  }
  const old = node(counting)
  await old.refresh()
  const young = inStore(store, [KEY], { ...PLAN, algorithms: ['RS256', 'ES256', 'EdDSA'] })
  const [one, other] = [await young.sign('ES256', 'JWT', {}), await young.sign('EdDSA', 'JWT', {})]
  clock.now += 2
  assert.ok(await old.verify(one))
  const published = createLocalJWKSet(await old.jwks())
  for (const jwt of [one, other]) await jwtVerify(jwt, published, { algorithms: ['ES256', 'EdDSA'] })
  assert.equal(reads, 2)
  const stranger = await inStore(new MemoryStore()).sign('RS256', 'JWT', {})
  const ask = () => Promise.all([old.jwks(), old.verify(stranger), old.verify(stranger), old.jwks()])
  clock.now += 1
  await ask()
  assert.equal(reads, 2)
  clock.now += 1
  await ask()
  assert.equal(reads, 3)
  // A vault that cannot be read now takes nothing away.
  counting.read = () => Promise.reject(new StoreUnavailable('down'))
  clock.now += 2
  assert.equal((await old.jwks()).keys.length, 3)
  assert.ok(await old.verify(other))
})

test('the start seals stored keys again under the first secret, and refuses where none opens them', async () => {
  clock.now = START
  const store = new MemoryStore()
  const [kid] = await kids(inStore(store, [KEY]))
  await assert.rejects(inStore(store, [OTHER]).refresh(), (error: Error) => {
    assert.ok(error instanceof ConfigError)
    assert.match(error.message, /SECRET_KEYS/)
    return true
  })
  assert.deepEqual(await kids(inStore(store, [OTHER, KEY])), [kid], 'sealed again')
  assert.deepEqual(await kids(inStore(store, [OTHER])), [kid], 'the old secret may go')
  await assert.rejects(inStore(store, [KEY]).refresh(), ConfigError)
})

test('SIGNING_KEYS_FILE: made once by whoever comes first, for its owner alone, kept over restarts', async () => {
  clock.now = START
  const path = file()
  const nodes = Array.from({ length: 4 }, () => node(new FileVault(path)))
  await Promise.all(nodes.map((one) => one.refresh()))
  const [kid] = await kids(nodes[0] as SigningKeys)
  for (const one of [...nodes, node(new FileVault(path))]) assert.deepEqual(await kids(one), [kid])
  assert.equal(statSync(path).mode & 0o777, 0o600)
  await (nodes[0] as SigningKeys).rotate()
  assert.equal(statSync(path).mode & 0o777, 0o600)
  await (nodes[1] as SigningKeys).refresh()
  assert.equal((await kids(nodes[1] as SigningKeys)).length, 2)
})

test('SIGNING_KEYS_FILE: of two processes that write at once, neither loses its key', async () => {
  const path = file()
  const [one, other] = [new FileVault(path), new FileVault(path)]
  const [zeroth, first, second] = [
    await made('RS256', 'zeroth'),
    await made('RS256', 'first'),
    await made('ES256', 'second'),
  ]
  await one.change(() => [zeroth])
  let meanwhile: Promise<unknown> | undefined
  await one.change((set) => {
    meanwhile = other.change((present) => [...present, second])
    return [...set, first]
  })
  await meanwhile
  const kept = (await new FileVault(path).read())?.set.map(({ kid }) => kid)
  assert.deepEqual(kept, ['zeroth', 'first', 'second'])
  // A process that died in between does not stop the others for ever.
  writeFileSync(`${path}.lock`, '')
  utimesSync(`${path}.lock`, 0, 0)
  await one.change((set) => set.slice(2))
  assert.deepEqual((await one.read())?.set, [second])
  assert.deepEqual(readdirSync(dirname(path)), ['keys.json'], 'nothing is left behind')
})

test('SIGNING_KEYS_FILE: a change keeps owner and mode, for root may rotate what another user reads', async () => {
  clock.now = START
  const path = file()
  await node(new FileVault(path)).refresh()
  chmodSync(path, 0o640)
  const root = process.getuid?.() === 0
  if (root) chownSync(path, 1234, 2345)
  await node(new FileVault(path)).rotate()
  const { mode, uid, gid } = statSync(path)
  assert.equal(mode & 0o777, 0o640)
  if (root) assert.deepEqual([uid, gid], [1234, 2345])
})

test('SIGNING_KEYS_FILE that others can read is said, once', async () => {
  clock.now = START
  const path = file()
  const notices: string[] = []
  const keys = node(new FileVault(path, (text) => notices.push(text)))
  await keys.refresh()
  await keys.refresh()
  assert.equal(notices.length, 0)
  chmodSync(path, 0o644)
  const again = node(new FileVault(path, (text) => notices.push(text)))
  await again.refresh()
  await again.refresh()
  assert.equal(notices.length, 1)
  assert.match(String(notices[0]), /mode 644.*chmod 600/)
})

test('SIGNING_KEYS_FILE: each key is tried at the start; what does not sign is named by its kid', async () => {
  const path = file()
  const good = await made('RS256', 'good')
  const [rsa, ec] = [await made('RS256', 'k'), await made('ES256', 'k')]
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
  const short = { ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'RS256' }
  const wrong: [unknown, RegExp][] = [
    [null, /key 2 is not an object/],
    ['k', /key 2 is not an object/],
    [{ ...rsa, kid: undefined }, /key 2 has no kid/],
    [{ ...rsa, kid: 'good' }, /key "good" is listed twice/],
    [{ ...rsa, alg: 'HS256' }, /key "k" has no alg of RS256/],
    [{ ...rsa, d: undefined }, /key "k" has no private part/],
    [{ ...rsa, use: 'enc' }, /key "k" is not for signing/],
    [{ ...rsa, signs_from: 'soon' }, /key "k" has a signs_from/],
    [{ ...rsa, alg: 'ES256' }, /key "k" does not work as ES256/],
    [{ ...ec, alg: 'RS256' }, /key "k" does not work as RS256/],
    [{ ...ec, crv: 'P-384' }, /key "k" does not work as ES256/],
    [{ ...rsa, n: good.n }, /key "k" does not work as RS256/],
    [{ ...ec, x: (await made('ES256', 'x')).x }, /key "k" does not work as ES256/],
    [{ ...(await made('EdDSA', 'k')), x: (await made('EdDSA', 'x')).x }, /key "k" does not work as EdDSA/],
    [short, /key "k" does not work as RS256: .*2048/],
  ]
  for (const [key, pattern] of wrong) {
    writeFileSync(path, JSON.stringify({ keys: [good, key] }))
    await assert.rejects(node(new FileVault(path)).refresh(), (error: Error) => {
      assert.ok(error instanceof ConfigError, String(error))
      assert.match(error.message, pattern)
      const { d } = Object(key) as { d?: string }
      assert.ok(d === undefined || !error.message.includes(d))
      return true
    })
  }
  writeFileSync(path, JSON.stringify({ keys: [good, { ...rsa, use: 'sig' }, { ...ec, kid: 'ec' }] }))
  await node(new FileVault(path)).refresh()
})

test("SIGNING_KEYS_FILE: the operator's own keys sign at once, and the schedule leaves them alone", async () => {
  clock.now = START
  const path = file()
  writeFileSync(path, JSON.stringify({ keys: [await made('RS256', 'mine')] }))
  const before = readFileSync(path, 'utf8')
  const keys = node(new FileVault(path))
  assert.equal(await signer(keys), 'mine')
  clock.now += 3650 * DAY
  await keys.refresh()
  assert.equal(readFileSync(path, 'utf8'), before)
})

test('SIGNING_KEYS_FILE: another key under the same kid signs what is published', async () => {
  clock.now = START
  const path = file()
  writeFileSync(path, JSON.stringify({ keys: [await made('RS256', 'mine')] }))
  const keys = node(new FileVault(path))
  const before = await keys.sign('RS256', 'JWT', {})
  writeFileSync(path, JSON.stringify({ keys: [await made('RS256', 'mine')] }))
  await keys.refresh()
  assert.ok(await keys.verify(await keys.sign('RS256', 'JWT', {})))
  assert.equal(await keys.verify(before), undefined)
})

test('SIGNING_KEYS_FILE that cannot be used is said by name and reason', async () => {
  const path = file()
  const refused = (text: string) => {
    writeFileSync(path, text)
    return assert.rejects(node(new FileVault(path)).refresh(), (error: Error) => {
      assert.ok(error instanceof ConfigError)
      assert.ok(error.message.startsWith(`SIGNING_KEYS_FILE is ${JSON.stringify(path)}`), error.message)
      assert.ok(!error.message.includes('secret-part'))
      return true
    })
  }
  await refused('{')
  await refused('{"key":[]}')
  await refused('{"keys":[{"kid":"a","alg":"RS256","kty":"RSA","n":"secret-part"}]}')
  await refused('{"keys":[{"kid":"a","alg":"HS256","kty":"oct","k":"secret-part","d":"secret-part"}]}')
  const nowhere = join(file(), 'missing', 'keys.json')
  await assert.rejects(node(new FileVault(nowhere)).refresh(), ConfigError)
})

test('a JWT that is not ours is nobody: other keys, other algorithms, none, garbage', async () => {
  clock.now = START
  const keys = inStore(new MemoryStore())
  const ours = await keys.sign('RS256', 'JWT', { sub: 'a' })
  assert.equal((await keys.verify(ours))?.payload.sub, 'a')
  const [header, payload, signature] = ours.split('.') as [string, string, string]
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { kid } = decodeProtectedHeader(ours)
  const forged = [
    await inStore(new MemoryStore()).sign('RS256', 'JWT', { sub: 'a' }),
    `${encode({ alg: 'none', kid })}.${payload}.`,
    `${encode({ alg: 'HS256', kid })}.${payload}.${signature}`,
    `${header}.${encode({ sub: 'b' })}.${signature}`,
    `${header}.${payload}.${signature.slice(0, -4)}AAAA`,
    `${header}.${payload}`,
    'a.b.c',
    `${'a'.repeat(9000)}.b.c`,
    '',
  ]
  for (const jwt of forged) assert.equal(await keys.verify(jwt), undefined, jwt.slice(0, 40))
})

test('a file that may only be read does not stop what it has keys for: neither the schedule nor a retired key', async () => {
  clock.now = START
  const path = file()
  await node(new FileVault(path)).refresh()
  class ReadOnly extends FileVault {
    override async change(): Promise<never> {
      throw new ConfigError('the file cannot be written')
    }
  }
  const notices: string[] = []
  const reading = (plan = PLAN) =>
    new SigningKeys({
      vault: new ReadOnly(path),
      plan: () => plan,
      now: () => clock.now,
      notice: (text) => notices.push(text),
    })
  clock.now = START + 100 * DAY
  const keys = reading()
  await keys.refresh()
  await keys.refresh()
  assert.deepEqual(notices, ['the signing keys cannot rotate: the file cannot be written'])
  assert.equal(await signer(keys), (await kids(keys))[0])
  // A key that is missing is another matter.
  await assert.rejects(reading({ ...PLAN, algorithms: ['RS256', 'ES256'] }).refresh(), ConfigError)
})

test('a lock is waited for; one that a process left behind is broken in the end, whatever its date', async () => {
  const path = file()
  writeFileSync(`${path}.lock`, 'left behind')
  utimesSync(`${path}.lock`, Date.now() / 1000 + 7200, Date.now() / 1000 + 7200)
  assert.equal(await withLock(path, async () => 'done', 100), 'done')
  assert.equal(existsSync(`${path}.lock`), false)
  const order: string[] = []
  const first = withLock(path, async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    order.push('first')
  })
  await withLock(path, async () => {
    order.push('second')
  })
  await first
  assert.deepEqual(order, ['first', 'second'])
})
