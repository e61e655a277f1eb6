import { MCP_SCOPES, MCP_SERVER, type McpClient } from './clients.ts'

/** A client that says at an address of its own what it is (Client ID Metadata Document), all but the address itself. */
export interface DescribedClient extends Pick<McpClient, 'redirect_uri' | 'asks' | 'gets' | 'refreshes'> {
  /** Where its document is. */
  readonly url: string
  readonly document: Readonly<Record<string, unknown>>
}

const BOTH = MCP_SCOPES.join(' ')
const CODE_FLOW = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }
const NONE = { token_endpoint_auth_method: 'none' }
const PORTLESS = ['http://127.0.0.1/callback', 'http://localhost/callback']
const USUAL = {
  ...{ asks: { scope: BOTH, resource: MCP_SERVER }, gets: BOTH },
  refreshes: ['resource'],
} as const satisfies Partial<DescribedClient>

/** Documents that are published in 2026, and what their clients then send. */
export const MCP_DOCUMENTS = {
  // No port, and no application_type (claude-code#37747, #64705).
  'Claude Code': {
    ...USUAL,
    url: 'https://claude.ai/oauth/claude-code-client-metadata',
    document: {
      ...{ client_name: 'Claude Code', client_uri: 'https://claude.ai' },
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      ...{ ...CODE_FLOW, ...NONE },
    },
    redirect_uri: 'http://localhost:61234/callback',
    asks: { scope: `${BOTH} offline_access`, resource: MCP_SERVER },
    gets: `${BOTH} offline_access`,
  },
  // It may have fewer grant types than it asks for (claude-ai-mcp#487).
  Claude: {
    ...USUAL,
    url: 'https://claude.ai/oauth/mcp-oauth-client-metadata',
    document: {
      ...{ client_name: 'Claude', client_uri: 'https://claude.ai' },
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      ...{ ...CODE_FLOW, ...NONE },
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:jwt-bearer'],
    },
    redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
  },
  // OpenID Connect RP Metadata Choices 1.0; it has a key, and may send no assertion (django-oauth-toolkit#1845).
  ChatGPT: {
    ...USUAL,
    url: 'https://chatgpt.com/oauth/client.json',
    document: {
      ...{ client_name: 'ChatGPT', client_uri: 'https://chatgpt.com' },
      redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
      ...{ ...CODE_FLOW, token_endpoint_auth_method: 'private_key_jwt' },
      token_endpoint_auth_methods_supported: ['none', 'private_key_jwt'],
      token_endpoint_auth_signing_alg: 'RS256',
      jwks_uri: 'https://chatgpt.com/oauth/jwks.json',
    },
    redirect_uri: 'https://chatgpt.com/connector_platform_oauth_redirect',
  },
  'VS Code': {
    ...USUAL,
    url: 'https://vscode.dev/oauth/client-metadata.json',
    document: {
      ...{ client_name: 'Visual Studio Code', client_uri: 'https://vscode.dev/product' },
      logo_uri: 'https://code.visualstudio.com/assets/branding/code-stable.png',
      redirect_uris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native' },
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    },
    redirect_uri: 'http://127.0.0.1:40001/',
  },
  'VS Code, through vscode.dev': {
    ...USUAL,
    url: 'https://vscode.dev/oauth/client-metadata.json',
    document: {
      client_name: 'Visual Studio Code',
      redirect_uris: ['http://127.0.0.1:33418/', 'https://vscode.dev/redirect'],
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native' },
    },
    redirect_uri: 'https://vscode.dev/redirect',
  },
  // Refreshes without resource (codex#33403).
  Codex: {
    ...USUAL,
    url: 'https://chatgpt.com/oauth/codex/client.json',
    document: {
      ...{ client_name: 'Codex', redirect_uris: PORTLESS },
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native' },
      token_endpoint_auth_methods_supported: ['none'],
    },
    redirect_uri: 'http://127.0.0.1:41239/callback',
    refreshes: ['scope'],
  },
  // One document for each of its callbacks, for servers that name no other issuer.
  'Codex, by callback': {
    ...USUAL,
    url: 'https://chatgpt.com/oauth/codex/abc123ABC_-x/client.json',
    document: {
      ...{ client_name: 'Codex', redirect_uris: ['http://127.0.0.1/callback/abc123ABC_-x'] },
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native' },
    },
    redirect_uri: 'http://127.0.0.1:43123/callback/abc123ABC_-x',
    refreshes: ['scope'],
  },
  OpenCode: {
    ...USUAL,
    url: 'https://opencode.ai/oauth/opencode/client.json',
    document: {
      ...{ client_name: 'opencode', client_uri: 'https://opencode.ai', redirect_uris: PORTLESS },
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native' },
      token_endpoint_auth_methods_supported: ['none'],
    },
    redirect_uri: 'http://127.0.0.1:51675/callback',
    asks: { scope: `${BOTH} offline_access`, prompt: 'consent', resource: MCP_SERVER },
    gets: `${BOTH} offline_access`,
  },
  // It names one port and listens on another (copilot-cli#4793, #4800); it says no grant types.
  'Copilot CLI': {
    ...USUAL,
    url: 'https://github.com/copilot/cli/client-metadata.json',
    document: {
      ...{ client_name: 'GitHub Copilot CLI', redirect_uris: ['http://127.0.0.1:33418/'] },
      ...{ ...NONE, application_type: 'native' },
    },
    redirect_uri: 'http://127.0.0.1:61876/',
  },
  // It had each of ten ports under both names of the host (apify/mcpc#187).
  mcpc: {
    ...USUAL,
    url: 'https://apify.github.io/mcpc/client-metadata.json',
    document: {
      client_name: 'mcpc',
      redirect_uris: ['127.0.0.1', 'localhost'].flatMap((host) =>
        Array.from({ length: 10 }, (_, at) => `http://${host}:${13316 + at}/callback`),
      ),
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native' },
    },
    redirect_uri: 'http://localhost:13325/callback',
  },
  Zed: {
    ...USUAL,
    url: 'https://zed.dev/oauth/client-metadata.json',
    document: {
      ...{ client_name: 'Zed', redirect_uris: ['http://127.0.0.1/callback'] },
      ...{ ...CODE_FLOW, ...NONE },
    },
    redirect_uri: 'http://127.0.0.1:50123/callback',
  },
} as const satisfies Record<string, DescribedClient>
