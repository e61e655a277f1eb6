import { ConfigError } from '../../config/config-error.ts'
import type { Action } from '../action.ts'
import { readSecrets } from '../read-secret.ts'
import { ISSUER_OPTION, issuerOf, metadataOf, posted } from './server.ts'

export const token: Action = {
  summary: 'gets a token of a client itself (client_credentials), to try things',
  takes: '<client_id>',
  options: { ...ISSUER_OPTION, scope: { value: 'scope', summary: 'what it is to be good for' } },
  examples: ['token worker --scope jobs', 'token worker < secret.txt'],
  async run(given, output) {
    const [client_id = ''] = given.words
    const { token_endpoint } = await metadataOf(issuerOf(given))
    const [client_secret] = await readSecrets(['Secret of the client'])
    const scope = given.text('scope')
    const form = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }
    output.fields(granted(await posted(token_endpoint, form, { client_id, client_secret })))
  },
}

export const introspect: Action = {
  summary: 'asks the server about a token (RFC 7662)',
  takes: '<client_id>',
  options: ISSUER_OPTION,
  examples: ['introspect my-api', 'printf "%s\\n" "$SECRET" "$TOKEN" | postern introspect my-api'],
  async run(given, output) {
    const [client_id = ''] = given.words
    const { introspection_endpoint } = await metadataOf(issuerOf(given))
    const [client_secret, asked = ''] = await readSecrets(['Secret of the client', 'Token'])
    output.fields(
      granted(await posted(introspection_endpoint, { token: asked }, { client_id, client_secret })),
    )
  },
}

/** The answer of an endpoint, if it is none of refusal. Throws `ConfigError` with the server's own words. */
export function granted({
  status,
  body,
}: {
  status: number
  body: Record<string, unknown>
}): Record<string, unknown> {
  if (status === 200) return body
  const { error = `status ${status}`, error_description = '' } = body
  throw new ConfigError(`the server refuses: ${error}${error_description && ` (${error_description})`}`)
}
