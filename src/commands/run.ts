import { nearest } from '../config/names.ts'
import { type Action, WrongUse } from './action.ts'
import { type Command, isAction } from './command.ts'
import { helpOfAll, helpOfCommand } from './help.ts'
import { outputTo } from './output.ts'
import { wordsOf } from './words.ts'

const SHORT: ReadonlyMap<string, string> = new Map([
  ['--help', 'help'],
  ['-h', 'help'],
  ['--version', 'version'],
  ['-v', 'version'],
])

type Commands = Readonly<Record<string, Command>>

/**
 * Runs what the words of a command line say; without any, the server. Throws `ConfigError` with one sentence: `WrongUse` for words that
 * mean nothing, and what the command throws.
 */
export async function runCommand(
  commands: Commands,
  [given = 'serve', ...more]: readonly string[],
): Promise<void> {
  const name = SHORT.get(given) ?? given
  if (name === 'help') return helpFor(commands, more)
  const does = await known(commands, name, { of: '' }).load()
  if (isAction(does)) return runAction(name, does, more)
  const [word, ...parameters] = more
  if (word === undefined || isHelp(word)) {
    process.stdout.write(helpOfCommand(name, does))
    if (word === undefined) process.exitCode = 2
    return
  }
  await runAction(`${name} ${word}`, known(does, word, { of: `${name} ` }), parameters)
}

async function runAction(name: string, action: Action, parameters: readonly string[]): Promise<void> {
  const end = parameters.indexOf('--')
  if ((end < 0 ? parameters : parameters.slice(0, end)).some(isHelp))
    return void process.stdout.write(helpOfCommand(name, action))
  const given = wordsOf(name, action, parameters)
  await action.run(given, outputTo(process, { json: given.flag('json') }))
}

/** `help`, `help users`, `help users add`. */
function helpFor(commands: Commands, words: readonly string[]): Promise<void> | void {
  if (words.length > 0 && !words.some(isHelp)) return runCommand(commands, [...words, '--help'])
  process.stdout.write(helpOfAll(commands))
}

/** The one of this name. Throws `WrongUse` with the name that was probably meant, or with all there are. */
function known<T>(all: Readonly<Record<string, T>>, name: string, { of }: { of: string }): T {
  if (Object.hasOwn(all, name)) return all[name] as T
  const names = [...Object.keys(all), 'help']
  const meant = nearest(name, names, name.length > 3 ? 2 : 1)
  const hint = meant === undefined ? `there are ${names.join(', ')}` : `did you mean ${of}${meant}?`
  throw new WrongUse(`there is no ${of}${name}; ${hint}`)
}

function isHelp(word: string): boolean {
  return word === '--help' || word === '-h'
}
