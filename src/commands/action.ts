import { type ParseArgsOptionsConfig, parseArgs } from 'node:util'
import { ConfigError } from '../config/config-error.ts'
import { nearest } from '../config/names.ts'
import { type Output, outputTo } from './output.ts'

/** The words of a command line, in their parts. */
export interface Words {
  /** The words that are no options, as many as the action takes. */
  words: readonly string[]
  /** A text, if it was given. */
  text(option: string): string | undefined
  /** Every text of an option that may be repeated. */
  texts(option: string): readonly string[]
  flag(option: string): boolean
}

/** One thing that a command does: `users add`. */
export interface Action {
  summary: string
  /** Its words, for the help: `<username>`; in brackets if it may be left out, with … if there may be several. */
  takes: string
  options?: Readonly<Record<string, Option>>
  /** Command lines without the program's name. */
  examples: readonly string[]
  /** Throws `ConfigError` for what the operator can mend, and `NotFound` for what does not exist. */
  run(given: Words, output: Output): Promise<void>
}

export interface Option {
  /** What follows it, for the help; a flag if absent. */
  value?: string
  summary: string
  repeated?: true
}

/** What was asked for does not exist. */
export class NotFound extends ConfigError {}

/** A command line that says something else than it may. */
export class WrongUse extends ConfigError {}

const COMMON: Readonly<Record<string, Option>> = {
  json: { summary: 'for machines: one JSON document' },
  help: { summary: 'prints this' },
}

/** Runs the action that the first word names, or says which there are. */
export async function runAction(
  command: string,
  actions: Readonly<Record<string, Action>>,
  [name, ...parameters]: readonly string[],
): Promise<void> {
  const print = (text: string) => process.stdout.write(text)
  if (name === undefined || name === '--help' || name === '-h') {
    print(helpOfAll(command, actions))
    if (name === undefined) process.exitCode = 2
    return
  }
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined
  if (action === undefined) {
    const meant = nearest(name, Object.keys(actions), 2)
    throw new WrongUse(
      `there is no ${command} ${name}; ${meant === undefined ? `there are ${Object.keys(actions).join(', ')}` : `did you mean ${command} ${meant}?`}`,
    )
  }
  await runOne(`${command} ${name}`, action, parameters)
}

/** Runs one action with the words after its name. */
export async function runOne(name: string, action: Action, parameters: readonly string[]): Promise<void> {
  if (parameters.includes('--help') || parameters.includes('-h')) {
    process.stdout.write(helpOf(name, action))
    return
  }
  const given = wordsOf(name, action, parameters)
  await action.run(given, outputTo(process, { json: given.flag('json') }))
}

function wordsOf(name: string, action: Action, parameters: readonly string[]): Words {
  const options = { ...action.options, ...COMMON }
  const config: ParseArgsOptionsConfig = Object.fromEntries(
    Object.entries(options).map(([option, { value, repeated }]) => [
      option,
      { type: value === undefined ? 'boolean' : 'string', ...(repeated && { multiple: true }) },
    ]),
  )
  const { values, positionals } = parsed(name, options, { args: [...parameters], options: config })
  const [least, most] = countsOf(action.takes)
  if (positionals.length < least || positionals.length > most)
    throw new WrongUse(`${name} takes ${action.takes || 'no word'}; see ${name} --help`)
  const text = (option: string) => {
    const value = values[option]
    return typeof value === 'string' ? value : undefined
  }
  return {
    words: positionals,
    text,
    texts: (option) => (Array.isArray(values[option]) ? (values[option] as string[]) : []),
    flag: (option) => values[option] === true,
  }
}

// The library's sentences quote what was given, which may be a secret in the wrong place.
function parsed(
  name: string,
  options: Readonly<Record<string, Option>>,
  { args, options: config }: { args: string[]; options: ParseArgsOptionsConfig },
) {
  try {
    return parseArgs({ args, options: config, allowPositionals: true })
  } catch {
    const known = Object.keys(options)
    const wrong = args.map((word) => /^--([^=]*)/.exec(word)?.[1]).find((one) => one && !known.includes(one))
    const meant = wrong === undefined ? undefined : nearest(wrong, known, 2)
    const hint = meant === undefined ? `see ${name} --help` : `did you mean --${meant}?`
    throw new WrongUse(
      wrong === undefined
        ? `${name}: an option lacks its value, or has one that it does not take; see ${name} --help`
        : `${name} has no option --${wrong}; ${hint}`,
    )
  }
}

/** How many words there may be: `<a> [<b>] <c>…`. */
function countsOf(takes: string): [number, number] {
  const words = takes.split(' ').filter((word) => word !== '')
  const least = words.filter((word) => !word.startsWith('[')).length
  return [least, words.some((word) => word.includes('…')) ? Number.POSITIVE_INFINITY : words.length]
}

function helpOfAll(command: string, actions: Readonly<Record<string, Action>>): string {
  const lines = Object.entries(actions).map(
    ([name, { takes, summary }]) => `  ${`${command} ${name} ${takes}`.trim().padEnd(42)} ${summary}`,
  )
  return `${lines.join('\n')}\n\nEach takes --help, and --json for machines.\n`
}

function helpOf(name: string, { summary, takes, options = {}, examples }: Action): string {
  const lines = Object.entries({ ...options, ...COMMON }).map(
    ([option, { value, summary: what, repeated }]) => {
      const usage = `--${option}${value === undefined ? '' : ` <${value}>`}`
      return `  ${usage.padEnd(30)} ${what}${repeated ? ' (may be repeated)' : ''}`
    },
  )
  return [
    `postern ${name}${takes === '' ? '' : ` ${takes}`}`,
    `  ${summary}`,
    '',
    ...lines,
    '',
    ...examples.map((example) => `  postern ${example}`),
    '',
  ].join('\n')
}
