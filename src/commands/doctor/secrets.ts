import { existsSync } from 'node:fs'
import type { Config } from '../../config/config.ts'
import { isRepetitive } from '../../config/readers.ts'
import type { ClientEntry } from '../../config/schema.ts'
import { bad, type Finding, note, ok } from './findings.ts'

// Characters: of hexadecimal, 128 bits.
const SHORT = 32

/** Looks at the secrets of the configuration. Their text is in no finding. */
export function* lookAtSecrets({ entries, secretKeys, env, keysFile, demo }: Config): Generator<Finding> {
  if (demo) return
  const owners = new Map<string, Set<string>>()
  for (const client of entries.clients) {
    const { client_id } = client
    for (const secret of secretsOf(client)) {
      owners.set(secret, (owners.get(secret) ?? new Set()).add(client_id))
      if (secret.length < SHORT || isRepetitive(secret))
        yield note(
          `a secret of the client ${client_id} ${secret.length < SHORT ? `has ${secret.length} characters` : 'repeats itself'}`,
          'make another one: openssl rand -hex 32',
        )
      if (secretKeys.includes(secret))
        yield bad(
          `a secret of the client ${client_id} is one of SECRET_KEYS: that client can make every token`,
          'give each its own; then rotate SECRET_KEYS (docs/configuration.md)',
        )
    }
  }
  for (const clients of owners.values())
    if (clients.size > 1)
      yield bad(
        `the clients ${[...clients].join(' and ')} have the same secret: each can be the other`,
        'give each its own',
      )
  if (keysFile !== undefined && existsSync(keysFile))
    yield ok(`SECRET_KEYS are in ${keysFile}; backup takes them along`)
  if (env.SECRET_KEYS.length > 1)
    yield note(
      `SECRET_KEYS has ${env.SECRET_KEYS.length} keys`,
      'take the old ones out once nothing that they made is used',
    )
}

function secretsOf({ client_secret, client_secrets = [] }: ClientEntry): string[] {
  const secrets = [client_secret, ...client_secrets.map((one) => one.client_secret)]
  return [...new Set(secrets.filter((secret) => secret !== undefined))]
}
