import { isAction } from '../../src/commands/command.ts'
import { EXITS, helpOfAction, helpOfCommand, usageOf } from '../../src/commands/help.ts'
import { COMMANDS } from '../../src/commands/index.ts'
import { CLIENT_SCHEMA } from '../../src/config/client-schema.ts'
import { VARIABLES } from '../../src/config/variables/index.ts'
import type { Variable } from '../../src/config/variables/variable.ts'

const variables = Object.entries<Variable<unknown>>(VARIABLES)

function shown(variable: Variable<unknown>): string {
  return variable.defaultText ?? String(variable.default)
}

/** The text of `.env.example`: every variable, commented out, with its default. */
export function envExample(): string {
  const parts = variables.map(([name, variable]) => {
    const lines = [`# ${variable.description}`]
    if (variable.allowed) lines.push(`# Must be ${variable.allowed}.`)
    if (variable.secret) lines.push(`# ${name}_FILE names a file to read it from instead.`)
    if (variable.defaultText) lines.push(`# Default: ${variable.defaultText}.`)
    return `${lines.join('\n')}\n# ${name}=${variable.defaultText === undefined ? shown(variable) : ''}`
  })
  return `# Postern reads this file as .env in the folder it is started in. Every variable is optional.\n# A value stands as it is, without quotes: nothing in it is replaced.\n\n${parts.join('\n\n')}\n`
}

/** The table of variables in `docs/configuration.md`. */
export function variablesTable(): string {
  const rows = variables.map(([name, variable]) => {
    const value = shown(variable)
    const twin = variable.secret ? ` \`${name}_FILE\` reads it from a file.` : ''
    const allowed = variable.allowed ? ` Must be ${variable.allowed}.` : ''
    return `| \`${name}\` | ${value === '' ? '' : `\`${value}\``} | ${variable.description}${twin}${allowed} |`
  })
  return ['| Variable | Default | What it does |', '|---|---|---|', ...rows].join('\n')
}

/** Every field of a client that the configuration file knows. */
export function clientFields(): string[] {
  // Those of other languages are described together.
  return Object.keys(CLIENT_SCHEMA.properties).filter((name) => !name.includes('#'))
}

export const MARKS = ['<!-- variables: written by npm run docs -->', '<!-- end of variables -->'] as const

/** `docs/configuration.md` with its table replaced. */
export function withTable(markdown: string): string {
  return between(MARKS, markdown, variablesTable())
}

/** What every command does. */
const LOADED = await Promise.all(
  Object.entries(COMMANDS).map(async ([name, { summary, load }]) => ({ name, summary, does: await load() })),
)

/** Every command line that there is, with what it says to `--help`. */
export const COMMAND_LINES = LOADED.flatMap(({ name, does }) => [
  { words: [name], help: helpOfCommand(name, does) },
  ...(isAction(does)
    ? []
    : Object.entries(does).map(([word, action]) => ({
        words: [name, word],
        help: helpOfAction(`${name} ${word}`, action),
      }))),
])

/** The table of commands in `docs/commands.md`. */
function commandsTable(): string {
  const rows = LOADED.flatMap(({ name, summary, does }) =>
    isAction(does)
      ? [row(usageOf(name, does), summary)]
      : Object.entries(does).map(([word, action]) => row(usageOf(`${name} ${word}`, action), action.summary)),
  )
  return ['| Command | What it does |', '|---|---|', ...rows].join('\n')
}

function row(usage: string, summary: string): string {
  return `| \`${usage.replaceAll('|', '\\|')}\` | ${summary} |`
}

function exitsTable(): string {
  const rows = Object.entries(EXITS).map(([code, what]) => `| ${code} | ${what} |`)
  return ['| Ends with | If |', '|---|---|', ...rows].join('\n')
}

/** What each command says to `--help`, under a heading of its own; those of several words are under their first. */
function reference(): string {
  return LOADED.map(({ name, does }) => {
    const texts = isAction(does)
      ? [helpOfAction(name, does)]
      : Object.entries(does).map(([word, action]) => helpOfAction(`${name} ${word}`, action))
    return `### ${name}\n\n\`\`\`text\n${texts.join('\n')}\`\`\`\n`
  }).join('\n')
}

const PARTS = { exits: exitsTable, commands: commandsTable, 'help of each': () => `\n${reference()}` }

/** `docs/commands.md` with what is made of the code replaced. */
export function withCommands(markdown: string): string {
  let text = markdown
  for (const [name, part] of Object.entries(PARTS))
    text = between([`<!-- ${name}: written by npm run docs -->`, `<!-- end of ${name} -->`], text, part())
  return text
}

function between([begin, end]: readonly [string, string], markdown: string, table: string): string {
  const [before = ''] = markdown.split(begin)
  const after = markdown.split(end)[1] ?? ''
  return `${before}${begin}\n${table}\n${end}${after}`
}
