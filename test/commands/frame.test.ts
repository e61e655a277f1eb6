import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Action } from '../../src/commands/action.ts'
import { isAction } from '../../src/commands/command.ts'
import { COMMANDS } from '../../src/commands/index.ts'
import { VERSION } from '../../src/commands/version.ts'
import { wordsOf } from '../../src/commands/words.ts'
import { COMMAND_LINES } from '../docs/generated.ts'
import { commandLine } from '../support/command-line.ts'
import { folderOfTests } from '../support/sqlite-store.ts'

const root = join(import.meta.dirname, '../..')
const postern = commandLine({}, folderOfTests())

/** Every action, by its words. */
const ACTIONS: ReadonlyMap<string, Action> = new Map(
  (
    await Promise.all(
      Object.entries(COMMANDS).map(async ([name, { load }]): Promise<[string, Action][]> => {
        const does = await load()
        return isAction(does)
          ? [[name, does]]
          : Object.entries(does).map(([word, action]) => [`${name} ${word}`, action])
      }),
    )
  ).flat(),
)

test('what --help prints is what docs/commands.md has', () => {
  // One process for all of them.
  const script = `
    import { runCommand } from '${join(root, 'src/commands/run.ts')}'
    import { COMMANDS } from '${join(root, 'src/commands/index.ts')}'
    for (const words of ${JSON.stringify(COMMAND_LINES.map(({ words }) => words))}) {
      await runCommand(COMMANDS, [...words, '--help'])
      process.stdout.write('\\0')
      await runCommand(COMMANDS, ['help', ...words])
      process.stdout.write('\\0')
    }`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  const printed = stdout.split('\0').slice(0, -1)
  assert.equal(printed.length, COMMAND_LINES.length * 2, stderr)
  const docs = readFileSync(join(root, 'docs/commands.md'), 'utf8')
  for (const [at, { words, help }] of COMMAND_LINES.entries()) {
    assert.deepEqual([printed[2 * at], printed[2 * at + 1]], [help, help], words.join(' '))
    if (ACTIONS.has(words.join(' '))) assert.ok(docs.includes(help), words.join(' '))
  }
})

test('every action has an example, and each example is a command line that it takes', () => {
  for (const [name, { examples }] of ACTIONS) {
    assert.ok(examples.length > 0, name)
    // Two in a row are two.
    for (const example of examples.flatMap((one) => one.split(' && '))) {
      const line = example.replace(/^.*\| postern /, '').replace(/ [<>] .*$/, '')
      const words = [...line.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) =>
        word.replaceAll(/["']/g, ''),
      )
      const owner = ACTIONS.has(words.slice(0, 2).join(' ')) ? words.slice(0, 2) : words.slice(0, 1)
      const action = ACTIONS.get(owner.join(' '))
      assert.ok(action, `${name}: ${example}`)
      wordsOf(owner.join(' '), action, words.slice(owner.length))
    }
  }
})

test('the list has every command and every way to end; unknown words are answered with the nearest', () => {
  for (const words of [['help'], ['--help'], ['-h'], ['help', '--help']]) {
    const { status, out } = postern(words)
    assert.equal(status, 0)
    for (const name of Object.keys(COMMANDS)) assert.match(out, new RegExp(`^ {2}${name} +\\S`, 'm'))
    for (const code of [0, 1, 2, 3]) assert.match(out, new RegExp(`^ {2}${code} {2}\\S`, 'm'))
  }
  assert.deepEqual([postern(['--version']).out, postern(['-v']).out], [`${VERSION}\n`, `${VERSION}\n`])
  assert.equal(postern(['version', '--json']).json().version, VERSION)
  for (const [words, says] of [
    [['user', 'list'], 'there is no user; did you mean users?'],
    [['hepl'], 'there is no hepl; did you mean help?'],
    [['keys', 'revok'], 'there is no keys revok; did you mean keys revoke?'],
    [['constructor'], 'there is no constructor; there are serve, '],
    [['serve', 'now'], 'serve takes no word; see serve --help'],
    [['serve', '--json'], 'serve has no option --json; see serve --help'],
    [['backup'], 'backup takes <file>; see backup --help'],
    [['restore', '--chek', 'x'], 'restore has no option --chek; did you mean --check?'],
    [['healthcheck', '--now'], 'healthcheck has no option --now; see healthcheck --help'],
    [['hash-password', 'hunter2'], 'hash-password takes no word; see hash-password --help'],
  ] as const) {
    const { status, out, err } = postern(words)
    assert.equal(status, 2, words.join(' '))
    assert.equal(out, '')
    assert.ok(err.startsWith(`postern: ${says}`), err)
    assert.equal(err.trim().split('\n').length, 1, err)
  }
  const { status, out } = postern(['keys'])
  assert.deepEqual([status, /^ {2}keys revoke <kid> +ends/m.test(out)], [2, true])
})

const SAMPLE: Action = {
  summary: '',
  takes: '<one> [<two>]',
  options: {
    text: { value: 'x', summary: '' },
    many: { value: 'x', summary: '', repeated: true },
    flag: { summary: '' },
  },
  examples: [],
  run: async () => {},
}

test('who reads no more of it, as head does not, breaks no command', () => {
  const line = `"${process.execPath}" "${join(root, 'src/start.js')}" help; echo "ended with $?" >&2`
  const { stderr } = spawnSync('sh', ['-c', `(${line}) | true`], { cwd: folderOfTests(), encoding: 'utf8' })
  assert.equal(stderr, 'ended with 0\n')
})

test('options stand anywhere; an id that begins with a dash is a word; what is wrong is not repeated', () => {
  const read = (...words: string[]) => wordsOf('it', SAMPLE, words)
  assert.deepEqual(read('ada', '--flag', '-xY3').words, ['ada', '-xY3'])
  assert.deepEqual(read('-a', '--text', 'b', '--many', 'c', 'd', '--many=-e').texts('many'), ['c', '-e'])
  assert.deepEqual(read('ada', '--', '--flag').words, ['ada', '--flag'])
  assert.equal(read('ada', '--', '--flag').flag('flag'), false)
  assert.deepEqual([read('ada', '--text=').text('text'), read('ada').text('text')], ['', undefined])
  for (const words of [
    ['a', '--text'],
    ['a', '--flag=hunter2'],
    ['a', '--text', '-hunter2'],
    ['a', 'b', 'hunter2'],
    [],
    ['a', '--hunter=hunter2'],
  ])
    assert.throws(
      () => read(...words),
      (error: Error) => error.constructor.name === 'WrongUse' && !error.message.includes('hunter2'),
      words.join(' '),
    )
})
