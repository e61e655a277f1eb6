import type { Action } from '../../src/commands/action.ts'
import { CLIENTS } from '../../src/commands/clients/index.ts'
import { GRANTS } from '../../src/commands/grants.ts'
import { GROUPS } from '../../src/commands/groups.ts'
import { COMMANDS } from '../../src/commands/index.ts'
import { SESSIONS } from '../../src/commands/sessions.ts'
import { USERS } from '../../src/commands/users/index.ts'
import { CLIENT_SCHEMA } from '../../src/config/schema.ts'
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
  return Object.keys(CLIENT_SCHEMA.properties)
}

export const MARKS = ['<!-- variables: written by npm run docs -->', '<!-- end of variables -->'] as const

/** `docs/configuration.md` with its table replaced. */
export function withTable(markdown: string): string {
  return between(MARKS, markdown, variablesTable())
}

const ACTIONS: Readonly<Record<string, Readonly<Record<string, Action>>>> = {
  ...{ users: USERS, clients: CLIENTS, groups: GROUPS, sessions: SESSIONS, grants: GRANTS },
}

/** The table of commands in `docs/commands.md`. */
function commandsTable(): string {
  const rows = Object.entries(COMMANDS).flatMap(([name, { takes = '', summary }]) => {
    const actions = Object.entries(ACTIONS[name] ?? {})
    if (actions.length === 0) return [row(`${name} ${takes}`, summary)]
    return actions.map(([action, one]) => row(`${name} ${action} ${one.takes}`, one.summary))
  })
  return ['| Command | What it does |', '|---|---|', ...rows].join('\n')
}

function row(usage: string, summary: string): string {
  return `| \`${usage.trim().replaceAll('|', '\\|')}\` | ${summary} |`
}

const COMMAND_MARKS = ['<!-- commands: written by npm run docs -->', '<!-- end of commands -->'] as const

/** `docs/commands.md` with its table replaced. */
export function withCommands(markdown: string): string {
  return between(COMMAND_MARKS, markdown, commandsTable())
}

function between([begin, end]: readonly [string, string], markdown: string, table: string): string {
  const [before = ''] = markdown.split(begin)
  const after = markdown.split(end)[1] ?? ''
  return `${before}${begin}\n${table}\n${end}${after}`
}
