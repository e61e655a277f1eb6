import { type Action, type Actions, optionsOf } from './action.ts'
import { type Command, isAction } from './command.ts'
import { VERSION } from './version.ts'

/** How a command may end, for whoever runs it from a script. */
export const EXITS = {
  0: 'it is done',
  1: 'it cannot be done, or doctor has found something to mend; a line says what',
  2: 'the command line is wrong',
  3: 'what it names does not exist',
} as const

/** The text of `postern --help`. */
export function helpOfAll(commands: Readonly<Record<string, Command>>): string {
  const names = Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(15)}${summary}`)
  const exits = Object.entries(EXITS).map(([code, what]) => `  ${code}  ${what}`)
  return `Postern ${VERSION}: postern <command>. In a checkout that is npx postern, in a container docker exec <name> postern.

${names.join('\n')}

Each takes --help, which shows examples; those that show something take --json, for machines. It ends with
${exits.join('\n')}

The server and the commands read the same configuration: docs/configuration.md. All about the commands: docs/commands.md.
`
}

/** The text of `postern users --help`. */
export function helpOfCommand(name: string, does: Action | Actions): string {
  return isAction(does) ? helpOfAction(name, does) : helpOfActions(name, does)
}

function helpOfActions(command: string, actions: Actions): string {
  const lines = Object.entries(actions).map(([name, action]) => {
    const usage = usageOf(`${command} ${name}`, action)
    // A usage of any length leaves a gap before what it does.
    return `  ${usage.padEnd(42)}  ${action.summary}`
  })
  return `postern ${command}\n\n${lines.join('\n')}\n\nEach takes --help, which shows examples; those that show something take --json, for machines.\n`
}

/** The text of `postern users add --help`. */
export function helpOfAction(name: string, action: Action): string {
  const lines = Object.entries(optionsOf(action)).map(([option, { value, summary: what, repeated }]) => {
    const usage = `--${option}${value === undefined ? '' : ` <${value}>`}`
    return `  ${usage.padEnd(30)} ${what}${repeated ? ' (may be repeated)' : ''}`
  })
  const examples = action.examples.map((example) => `  ${isPiped(example) ? '' : 'postern '}${example}`)
  return [`postern ${usageOf(name, action)}`, `  ${action.summary}`, '', ...lines, '', ...examples, ''].join(
    '\n',
  )
}

/** The words of a command line: `users add <username>`. */
export function usageOf(name: string, { takes }: Action): string {
  return takes === '' ? name : `${name} ${takes}`
}

// Such an example says itself where postern stands in it.
function isPiped(example: string): boolean {
  return example.includes('| postern ')
}
