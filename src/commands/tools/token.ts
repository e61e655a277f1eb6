import type { Action } from '../action.ts'
import { CLIENT_OPTIONS, clientOf, posted } from './client.ts'
import { ISSUER_OPTION, issuerOf, metadataOf } from './server.ts'

export const token: Action = {
  summary: 'gets a token of a client itself (client_credentials), to try things',
  takes: '<client_id>',
  options: {
    ...ISSUER_OPTION,
    scope: {
      value: 'scope',
      summary: 'what it is to be good for; what the client has by default without it',
    },
    ...CLIENT_OPTIONS,
  },
  examples: [
    'token worker --scope jobs',
    'token worker < secret.txt',
    'token signer --key private.jwk --issuer https://id.example.com',
  ],
  async run(given, output) {
    const metadata = await metadataOf(issuerOf(given))
    const { client } = await clientOf(given)
    const scope = given.text('scope')
    const form = { grant_type: 'client_credentials', ...(scope !== undefined && { scope }) }
    output.fields(await posted(metadata.token_endpoint, form, { client, metadata }))
  },
}

export const introspect: Action = {
  summary: 'asks the server about a token, as a client that may (RFC 7662)',
  takes: '<client_id>',
  options: { ...ISSUER_OPTION, ...CLIENT_OPTIONS },
  examples: ['introspect my-api', 'printf "%s\\n" "$SECRET" "$TOKEN" | postern introspect my-api'],
  async run(given, output) {
    const metadata = await metadataOf(issuerOf(given))
    const { client, texts } = await clientOf(given, { also: ['Token'] })
    const [asked = ''] = texts
    output.fields(await posted(metadata.introspection_endpoint, { token: asked }, { client, metadata }))
  },
}
