import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadConfig } from '../../src/config/config.ts'
import { checkWriters, readProblem, tryFolder, writeProblem } from '../../src/config/file-access.ts'
import { KEY } from '../support/server.ts'

const folder = mkdtempSync(join(tmpdir(), 'postern-access-'))
const fileOf = (name: string, mode: number, text = 'x') => {
  const path = join(folder, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}
const error = (code: string, syscall = 'open') => Object.assign(new Error(code), { code, syscall })

test('why a file cannot be read is a sentence with the remedy, whatever the errno', () => {
  const uid = process.getuid?.()
  const cases: [string, RegExp][] = [
    ['ENOENT', /^does not exist; in a container it must be mounted with -v$/],
    ['EISDIR', /^is a folder; Docker makes one where -v names a file that is not there: remove the folder/],
    ['ENOTDIR', /^goes through something that is not a folder$/],
    ['EACCES', new RegExp(`^cannot be read by this user \\(uid ${uid}\\); chown it to that user`)],
    ['EPERM', /cannot be read by this user/],
    ['EIO', /^cannot be read: EIO$/],
  ]
  for (const [code, sentence] of cases) assert.match(readProblem(error(code), '/x/y'), sentence)
  assert.match(readProblem(error('ENOENT'), 'y'), /^does not exist \(looked for as \/.*\/y\);/)
})

test('why a file cannot be written names its folder, never its content', () => {
  const cases: [string, RegExp][] = [
    ['EACCES', /^cannot be written: this user \(uid \d+\) may not write in the folder \/x; chown the folder/],
    ['EROFS', /^cannot be written: the folder \/x is read-only; mount a writable one there$/],
    ['ENOENT', /^cannot be written: the folder \/x does not exist; make it, or mount it$/],
    ['EBUSY', /^cannot be replaced, because it is a mount of its own; mount its folder \/x instead$/],
    ['ENOSPC', /^cannot be written: there is no space left in \/x$/],
    ['EIO', /^cannot be written: EIO$/],
  ]
  for (const [code, sentence] of cases) assert.match(writeProblem(error(code), '/x/keys.json'), sentence)
  assert.match(
    writeProblem(error('EPERM', 'chown'), '/x/keys.json'),
    /^belongs to somebody else than this user/,
  )
  assert.throws(() => tryFolder('/nowhere/keys.json'), { code: 'ENOENT' })
})

test('every file that is read is named with the reason: CONFIG_FILE, secrets, the CA', () => {
  const env = { SECRET_KEYS: KEY }
  const redis = { ...env, STORE: 'redis', REDIS_URL: 'rediss://r' }
  for (const [name, given] of [
    ['CONFIG_FILE', { ...env, CONFIG_FILE: folder }],
    ['SECRET_KEYS_FILE', { SECRET_KEYS_FILE: folder }],
    ['REDIS_CA_FILE', { ...redis, REDIS_CA_FILE: folder }],
  ] as const) {
    assert.throws(() => loadConfig(given), {
      name: 'ConfigError',
      message: new RegExp(`^${name} is "${folder}", which is a folder; Docker makes one`),
    })
  }
})

test('a file that everybody may write is refused, and is named with its mode', () => {
  for (const mode of [0o666, 0o602, 0o777, 0o646]) {
    assert.throws(() => checkWriters('It', fileOf('open', mode)), {
      name: 'ConfigError',
      message: `It can be changed by everybody (mode ${mode.toString(8)}); chmod go-w it`,
    })
  }
  // What Kubernetes mounts is a link: the file behind it counts.
  symlinkSync(fileOf('target', 0o666), join(folder, 'link'))
  assert.throws(() => checkWriters('It', join(folder, 'link')), /everybody/)
  assert.throws(
    () => loadConfig({ SECRET_KEYS_FILE: fileOf('keys', 0o666, KEY) }),
    /^ConfigError: SECRET_KEYS_FILE is ".*keys", which can be changed by everybody/,
  )
  assert.throws(
    () => loadConfig({ SECRET_KEYS: KEY, CONFIG_FILE: fileOf('c.yaml', 0o622, 'clients: []') }),
    /^ConfigError: CONFIG_FILE is ".*c\.yaml", which can be changed by everybody/,
  )
})

test('a pipe is read, as of another command in bash: who may write it is no question', () => {
  const config = JSON.stringify(join(import.meta.dirname, '../../src/config/config.ts'))
  const script = `import { loadConfig } from ${config}
    console.log(loadConfig({ SECRET_KEYS_FILE: process.argv[1] }).secretKeys.length)`
  const line = '"$0" --input-type=module -e "$1" <(echo "$2")'
  const out = execFileSync('bash', ['-c', line, process.execPath, script, KEY], { encoding: 'utf8' })
  assert.equal(out, '1\n')
})

test('a group of our own may write (fsGroup, umask 002) without a word; another one is named, not refused', () => {
  const own = fileOf('own', 0o664)
  const [group = 0] = process.getgroups?.() ?? []
  chownSync(own, process.getuid?.() ?? 0, group)
  assert.deepEqual(checkWriters('It', own), [])
  for (const mode of [0o600, 0o644, 0o444, 0o400]) assert.deepEqual(checkWriters('It', fileOf('a', mode)), [])
  assert.deepEqual(checkWriters('It', join(folder, 'nowhere')), [])
  // Only root can give a file to a group that it is not in; the tests of the image are run by root too.
  if (process.getuid?.() !== 0) return
  chownSync(own, 0, 54_321)
  assert.deepEqual(checkWriters('It', own), ['It can be changed by the group 54321 (mode 664); chmod g-w it'])
  const keys = fileOf('keys', 0o660, KEY)
  chownSync(keys, 0, 54_321)
  const { remarks } = loadConfig({ SECRET_KEYS_FILE: keys })
  assert.match(String(remarks), /^SECRET_KEYS_FILE is ".*keys", which can be changed by the group 54321/)
})

test('a folder in which everybody may replace the file is named; with the sticky bit nobody else may', () => {
  const inside = join(folder, 'inside')
  mkdirSync(inside)
  const path = join(inside, 'file')
  writeFileSync(path, 'x', { mode: 0o600 })
  chmodSync(inside, 0o777)
  assert.match(
    String(checkWriters('It', path)),
    /^It can be replaced by everybody, because its folder has the mode 777;/,
  )
  chmodSync(inside, 0o1777)
  assert.deepEqual(checkWriters('It', path), [])
})

test('as another user than root: a key file that cannot be read, and one that cannot be made', () => {
  const cwd = mkdtempSync(join(tmpdir(), 'postern-user-'))
  const secret = join(cwd, 'secret-keys')
  const signing = join(cwd, 'signing-keys.json')
  writeFileSync(secret, KEY, { mode: 0o000 })
  chmodSync(cwd, 0o555)
  const source = (name: string) => JSON.stringify(join(import.meta.dirname, '../../src', name))
  const script = `
    import { loadConfig } from ${source('config/config.ts')}
    import { FileVault } from ${source('signing/key-vault.ts')}
    if (process.getuid() === 0) {
      process.setgroups([])
      process.setgid(1000)
      process.setuid(1000)
    }
    const said = (error) => console.log(error.name, error.message)
    await Promise.try(() => loadConfig({ SECRET_KEYS_FILE: ${JSON.stringify(secret)} })).catch(said)
    await new FileVault(${JSON.stringify(signing)}).change(() => []).catch(said)`
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
  rmSync(cwd, { recursive: true })
  const [read = '', made = ''] = out.split('\n')
  assert.match(
    read,
    /^ConfigError SECRET_KEYS_FILE is ".*secret-keys", which cannot be read by this user \(uid \d+\); chown it/,
  )
  assert.match(
    made,
    /^ConfigError SIGNING_KEYS_FILE is ".*json", which cannot be written: this user \(uid \d+\) may not write in the folder .*; chown the folder to that user$/,
  )
})
