import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { load, loadAll } from 'js-yaml'
import { Deployment, StatefulSet } from 'kubernetes-models/apps/v1'
import { PodDisruptionBudget } from 'kubernetes-models/policy/v1'
import { ConfigMap, Service } from 'kubernetes-models/v1'
import { loadConfig } from '../../src/config/config.ts'
import { VARIABLES } from '../../src/config/variables/index.ts'
import { withOwnHash } from '../support/sample-hash.ts'
import { buildServer, KEY } from '../support/server.ts'

const folder = join(import.meta.dirname, '../../docker')
const text = (name: string) => readFileSync(join(folder, name), 'utf8')
const known = new Set(Object.keys(VARIABLES).flatMap((name) => [name, `${name}_FILE`]))

// biome-ignore lint/suspicious/noExplicitAny: whatever the file holds
const objects = loadAll(text('kubernetes.yaml')) as any[]
// biome-ignore lint/suspicious/noExplicitAny: whatever the file holds
const compose = load(text('compose.yaml').replaceAll(/^ {4}<<: \*postern$/gm, '    base: *postern')) as any

// biome-ignore lint/suspicious/noExplicitAny: whatever the file holds
const one = loadAll(text('kubernetes-one.yaml')) as any[]

const MODELS = { ConfigMap, Deployment, PodDisruptionBudget, Service }

test('the Kubernetes objects are valid by the schemas of Kubernetes', () => {
  assert.deepEqual(objects.map(({ kind }) => kind).sort(), Object.keys(MODELS).sort())
  for (const object of objects) new MODELS[object.kind as keyof typeof MODELS](object).validate()
  const [broken] = structuredClone(objects.filter(({ kind }) => kind === 'Deployment'))
  broken.spec.replicas = 'two'
  assert.throws(() => new Deployment(broken).validate(), 'the validation can fail')
})

test('one node on Kubernetes: valid, one replica, its file on the claimed volume', () => {
  const models = { ConfigMap, Service, StatefulSet }
  assert.deepEqual(one.map(({ kind }) => kind).sort(), Object.keys(models).sort())
  for (const object of one) new models[object.kind as keyof typeof models](object).validate()
  const { spec } = one.find(({ kind }) => kind === 'StatefulSet')
  const [container] = spec.template.spec.containers
  const variables = container.env.map(({ name, value }: Record<string, string>) => [name, value])
  for (const [name] of variables) assert.ok(known.has(name), name)
  const env: Record<string, string> = Object.fromEntries(variables)
  const [claim] = spec.volumeClaimTemplates
  const { mountPath } = container.volumeMounts.find(
    ({ name }: { name: string }) => name === claim.metadata.name,
  )
  assert.deepEqual([spec.replicas, env.SQLITE_FILE?.startsWith(`${mountPath}/`)], [1, true])
  const file = one.find(({ kind }) => kind === 'ConfigMap').data['config.yaml']
  const config = loadConfig({ ...env, SECRET_KEYS: KEY, MY_APP_SECRET: KEY }, () => withOwnHash(file))
  assert.equal(config.store.name, 'sqlite')
})

test('one node in compose: its data on a named volume, the folder of its configuration watched', () => {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the file holds
  const { services, volumes } = load(text('one-node.yaml')) as any
  const { environment, volumes: mounts } = services.postern
  for (const name of Object.keys(environment)) assert.ok(known.has(name), name)
  const [data, config] = mounts.map((mount: string) => mount.split(':'))
  assert.deepEqual([data, Object.keys(volumes)], [['data', '/data'], ['data']])
  assert.ok(environment.CONFIG_FILE.startsWith(`${config[1]}/`))
  const dockerfile = readFileSync(join(folder, 'Dockerfile'), 'utf8')
  assert.match(dockerfile, /SQLITE_FILE=\/data\//)
  assert.match(dockerfile, /install -d -o node -g node -m 700 \/data\nVOLUME \/data/)
})

test('the probes ask for what is served; the variables exist; the example configuration loads', async (t) => {
  const { app } = await buildServer(t)
  const { containers } = objects.find(({ kind }) => kind === 'Deployment').spec.template.spec
  const [container] = containers
  for (const { httpGet } of [container.livenessProbe, container.readinessProbe]) {
    assert.ok(app.hasRoute({ method: 'GET', url: httpGet.path }), httpGet.path)
  }
  for (const { name } of container.env) assert.ok(known.has(name), name)
  const file = objects.find(({ kind }) => kind === 'ConfigMap').data['config.yaml']
  const env = Object.fromEntries(
    container.env.map(({ name, value }: Record<string, string>) => [name, value]),
  )
  const config = loadConfig({ ...env, SECRET_KEYS: KEY, MY_APP_SECRET: KEY }, () => withOwnHash(file))
  assert.equal(config.entries.clients[0]?.client_secret, KEY)
})

test('the compose file with what docs/deployment.md uncomments starts the configuration of the README', () => {
  const real = text('compose.yaml').replaceAll(
    /^( *)# (CONFIG_FILE:|MY_APP_SECRET:|TRUST_PROXY:|volumes:| {2}- \.)/gm,
    '$1$2',
  )
  // biome-ignore lint/suspicious/noExplicitAny: whatever the file holds
  const { environment, volumes } = (load(real.replaceAll('<<: *postern', '')) as any)['x-postern']
  assert.equal(environment.MY_APP_SECRET, '${MY_APP_SECRET:?}')
  assert.equal(volumes[0].split(':')[1], environment.CONFIG_FILE)
  const readme = readFileSync(join(folder, '../README.md'), 'utf8')
  const [, yaml = ''] = /^ *```yaml\n([\s\S]*?)```/m.exec(readme) ?? []
  const files = (secret_keys: string): Record<string, string> => ({
    [environment.CONFIG_FILE]: withOwnHash(yaml),
    '/run/secrets/secret_keys': secret_keys,
    '/run/secrets/redis_password': 'x',
  })
  const start = (secret_keys: string) =>
    loadConfig({ ...environment, MY_APP_SECRET: KEY }, (path) => files(secret_keys)[path] as string)
  const { entries, env } = start(KEY)
  assert.equal(entries.clients[0]?.client_secret, KEY)
  assert.deepEqual(env.TRUST_PROXY, ['uniquelocal'])
  assert.throws(() => start(text('secrets/example-secret-keys.txt')), /public key/)
})

test('the compose file: two nodes with the same variables, locked down; a Redis that keeps what it has', () => {
  const { postern: common } = { postern: compose['x-postern'] }
  for (const name of Object.keys(common.environment)) assert.ok(known.has(name), name)
  for (const node of ['postern-1', 'postern-2']) {
    assert.deepEqual(compose.services[node].base, common)
    assert.match(compose.services[node].ports[0], /^127\.0\.0\.1:/)
  }
  assert.equal(common.read_only, true)
  assert.deepEqual(common.cap_drop, ['ALL'])
  const { redis } = compose.services
  assert.match(redis.command.join(' '), /--appendonly yes .*--maxmemory-policy noeviction/)
  assert.ok(redis.healthcheck)
  assert.equal(redis.user, 'redis')
  assert.deepEqual([redis.cap_drop, redis.cap_add], [['ALL'], undefined])
  for (const { file } of Object.values<{ file: string }>(compose.secrets)) assert.ok(text(file).length > 20)
})
