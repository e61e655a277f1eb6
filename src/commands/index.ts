import type { Command } from './command.ts'

/**
 * Every command, in the order in which they are listed. What only one of them needs is loaded when it runs. Adding one is
 * a file and a line here.
 */
export const COMMANDS: Readonly<Record<string, Command>> = {
  serve: {
    summary: 'the server; what runs without a command',
    load: async () => (await import('./serve.ts')).SERVE,
  },
  'check-config': {
    summary: 'makes the server that the configuration describes, without listening',
    load: async () => (await import('./check-config.ts')).CHECK_CONFIG,
  },
  users: {
    summary: 'people of the store: makes, shows, changes, ends them',
    load: async () => (await import('./users/index.ts')).USERS,
  },
  clients: {
    summary: 'clients of the store: makes, shows, changes, stops them',
    load: async () => (await import('./clients/index.ts')).CLIENTS,
  },
  groups: {
    summary: 'groups of the store, and who is in them',
    load: async () => (await import('./groups.ts')).GROUPS,
  },
  sessions: {
    summary: 'who is logged in; ends logins',
    load: async () => (await import('./sessions.ts')).SESSIONS,
  },
  grants: {
    summary: 'what people have given to applications; ends it',
    load: async () => (await import('./grants.ts')).GRANTS,
  },
  keys: {
    summary: 'the signing keys: shows, rotates, ends a leaked one',
    load: async () => (await import('./keys.ts')).KEYS,
  },
  'rotate-keys': {
    summary: 'the same as keys rotate',
    load: async () => (await import('./rotate-keys.ts')).ROTATE_KEYS,
  },
  export: {
    summary: 'people, clients, consents and keys into one encrypted file',
    load: async () => (await import('./moving/export.ts')).exportAll,
  },
  import: {
    summary: 'takes in what export has written, or people from CSV',
    load: async () => (await import('./moving/import.ts')).importAll,
  },
  backup: {
    summary: 'copies the store, while the server runs',
    load: async () => (await import('./backup.ts')).BACKUP,
  },
  restore: {
    summary: 'puts a copy of the store back, or tries it',
    load: async () => (await import('./restore.ts')).RESTORE,
  },
  token: {
    summary: 'gets a token of a client, to try things',
    load: async () => (await import('./tools/token.ts')).token,
  },
  introspect: {
    summary: 'asks the server about a token',
    load: async () => (await import('./tools/token.ts')).introspect,
  },
  decode: {
    summary: 'says what is in a token',
    load: async () => (await import('./tools/decode.ts')).decode,
  },
  login: {
    summary: 'logs in as an application would, and prints the tokens',
    load: async () => (await import('./tools/login.ts')).login,
  },
  explain: {
    summary: 'says what the log knows of a reference that a page shows',
    load: async () => (await import('./explain/explain.ts')).explain,
  },
  doctor: {
    summary: 'looks at what usually goes wrong',
    load: async () => (await import('./doctor/doctor.ts')).doctor,
  },
  'hash-password': {
    summary: 'reads a password and prints its hash',
    load: async () => (await import('./hash-password.ts')).HASH_PASSWORD,
  },
  healthcheck: {
    summary: 'asks the server of this machine whether it answers',
    load: async () => (await import('./healthcheck.ts')).HEALTHCHECK,
  },
  version: {
    summary: 'prints the version',
    load: async () => (await import('./version.ts')).PRINT_VERSION,
  },
}
