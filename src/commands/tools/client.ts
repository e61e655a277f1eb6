import { ConfigError } from '../../config/config-error.ts'
import { type Option, type Words, WrongUse } from '../action.ts'
import { readSecrets } from '../read-secret.ts'
import { assertionFrom } from './assertion.ts'
import { asked, type Metadata } from './server.ts'

/** How the client says who it is, if not by a secret in the header. */
export const CLIENT_OPTIONS: Readonly<Record<string, Option>> = {
  post: { summary: 'sends the secret in the body, for a client of client_secret_post' },
  key: {
    value: 'file',
    summary: 'proves itself by the private key in this file, a JWK or PEM, for a client of private_key_jwt',
  },
}

/** A client that is tried, and how it proves who it is. */
export interface TriedClient {
  client_id: string
  /** What a request of it has beside its form: made anew for each, for an assertion is good once. */
  proof(metadata: Metadata): Promise<{ headers?: Record<string, string>; form: Record<string, string> }>
}

/**
 * The client that the words name, and after its secret the texts that are asked for in the same breath. A secret is
 * asked for, or read from standard input: it is never a word of the command line. Throws `ConfigError`.
 */
export async function clientOf(
  given: Words,
  { isPublic = false, also = [] }: { isPublic?: boolean; also?: readonly string[] } = {},
): Promise<{ client: TriedClient; texts: readonly string[] }> {
  const [client_id = ''] = given.words
  const key = given.text('key')
  if (key !== undefined && given.flag('post')) throw new WrongUse('say --key or --post, not both')
  if (key !== undefined || isPublic) {
    const texts = also.length === 0 ? [] : await readSecrets(also)
    const proof: TriedClient['proof'] = async ({ issuer }) => ({
      form: key === undefined ? { client_id } : await assertionFrom(key, { client_id, issuer }),
    })
    return { client: { client_id, proof }, texts }
  }
  const [secret = '', ...texts] = await readSecrets(['Secret of the client', ...also])
  const proof: TriedClient['proof'] = given.flag('post')
    ? async () => ({ form: { client_id, client_secret: secret } })
    : async () => ({ form: {}, headers: { authorization: basic(client_id, secret) } })
  return { client: { client_id, proof }, texts }
}

// RFC 6749 §2.3.1: both halves are form-encoded first.
function basic(...halves: readonly [string, string]): string {
  const encoded = halves.map((half) => new URLSearchParams({ x: half }).toString().slice(2))
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`
}

/** Posts a form as this client; returns the answer. Throws `ConfigError` with the server's own words if it refuses. */
export async function posted(
  url: string,
  form: Record<string, string>,
  { client, metadata }: { client: TriedClient; metadata: Metadata },
): Promise<Record<string, unknown>> {
  const { headers = {}, form: own } = await client.proof(metadata)
  const response = await asked(url, {
    method: 'POST',
    body: new URLSearchParams({ ...form, ...own }),
    headers,
  })
  const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
  if (response.status === 200) return body
  const { error = `status ${response.status}`, error_description = '' } = body
  throw new ConfigError(`the server refuses: ${error}${error_description && ` (${error_description})`}`)
}
