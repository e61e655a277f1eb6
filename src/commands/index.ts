import { runAction, runOne } from './action.ts'
import type { Command } from './command.ts'
import { VERSION } from './version.ts'

/**
 * Every command, in the order in which they are listed. What only one of them needs is loaded when it runs. Adding one is
 * a file and a line here.
 */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    summary: 'the server; what runs without a command',
    run: async () => (await import('./serve.ts')).serve(),
  },
  'check-config': {
    summary: 'makes the server that the configuration describes, without listening',
    run: async () => (await import('./check-config.ts')).run(),
  },
  users: {
    takes: 'add|list|show|…',
    summary: 'people of the store: makes, changes, ends them',
    run: async (words) => runAction('users', (await import('./users/index.ts')).USERS, words),
  },
  clients: {
    takes: 'add|list|show|…',
    summary: 'clients of the store: makes, changes, stops them',
    run: async (words) => runAction('clients', (await import('./clients/index.ts')).CLIENTS, words),
  },
  groups: {
    takes: 'list|set|add|…',
    summary: 'groups of the store, and who is in them',
    run: async (words) => runAction('groups', (await import('./groups.ts')).GROUPS, words),
  },
  sessions: {
    takes: 'list|end',
    summary: 'who is logged in; ends logins',
    run: async (words) => runAction('sessions', (await import('./sessions.ts')).SESSIONS, words),
  },
  grants: {
    takes: 'list|end',
    summary: 'what people have given to applications; ends it',
    run: async (words) => runAction('grants', (await import('./grants.ts')).GRANTS, words),
  },
  keys: {
    takes: 'list|rotate|revoke <kid>',
    summary: 'the signing keys: shows, rotates, ends a leaked one',
    run: async (parameters) => (await import('./keys.ts')).run(parameters),
  },
  'rotate-keys': {
    summary: 'publishes the next signing keys',
    run: async () => (await import('./rotate-keys.ts')).run(),
  },
  export: {
    takes: '<file>',
    summary: 'people, clients, consents and keys into one encrypted file',
    run: async (words) => runOne('export', (await import('./moving/export.ts')).exportAll, words),
  },
  import: {
    takes: '[--csv] <file>',
    summary: 'takes in what export has written, or people from CSV',
    run: async (words) => runOne('import', (await import('./moving/import.ts')).importAll, words),
  },
  backup: {
    takes: '<file>',
    summary: 'copies the store, while the server runs',
    run: async (parameters) => (await import('./backup.ts')).run(parameters),
  },
  restore: {
    takes: '[--check] [--keep-sessions] <file>',
    summary: 'puts a copy of the store back, or tries it',
    run: async (parameters) => (await import('./restore.ts')).run(parameters),
  },
  token: {
    takes: '<client_id>',
    summary: 'gets a token of a client, to try things',
    run: async (words) => runOne('token', (await import('./tools/token.ts')).token, words),
  },
  introspect: {
    takes: '<client_id>',
    summary: 'asks the server about a token',
    run: async (words) => runOne('introspect', (await import('./tools/token.ts')).introspect, words),
  },
  decode: {
    takes: '[--issuer <url>]',
    summary: 'says what is in a token',
    run: async (words) => runOne('decode', (await import('./tools/decode.ts')).decode, words),
  },
  login: {
    takes: '<client_id>',
    summary: 'logs in as an application would, and prints the tokens',
    run: async (words) => runOne('login', (await import('./tools/login.ts')).login, words),
  },
  explain: {
    takes: '<reference> [<log>]',
    summary: 'says what the log knows of a reference that a page shows',
    run: async (words) => runOne('explain', (await import('./explain/explain.ts')).explain, words),
  },
  doctor: {
    takes: '[--json]',
    summary: 'looks at what usually goes wrong',
    run: async (words) => runOne('doctor', (await import('./doctor/doctor.ts')).doctor, words),
  },
  'hash-password': {
    summary: 'reads a password and prints its hash: of bcrypt, or of Argon2id',
    takes: '[--argon2id]',
    run: async (words) => (await import('./hash-password.ts')).run(words),
  },
  healthcheck: {
    summary: 'asks the server of this machine whether it answers',
    run: async () => (await import('./healthcheck.ts')).run(),
  },
  version: { summary: 'prints the version', run: async () => console.log(VERSION) },
  help: { summary: 'prints this', run: async () => console.log(help()) },
}

function help(): string {
  const lines = Object.entries(COMMANDS).map(
    ([name, { takes, summary }]) => `  ${[name, takes ?? ''].join(' ').padEnd(38)}${summary}`,
  )
  return `Postern ${VERSION}. Commands, after "postern" (npx postern in a checkout, docker exec … postern in a container):

${lines.join('\n')}

Environment variables and one file configure it: docs/configuration.md`
}
