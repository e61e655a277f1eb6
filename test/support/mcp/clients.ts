/** An MCP client, as it has been seen to behave. */
export interface McpClient {
  /** What it sends to the registration endpoint (RFC 7591 §3.1). */
  readonly registers: Readonly<Record<string, unknown>>
  /** What it is registered with that others are not, or that it did not ask for. */
  readonly registered?: Readonly<Record<string, unknown>>
  /** Where the browser is sent back to: on the port where it listens this time. */
  readonly redirect_uri: string
  /** Parameters of its authorization request beside the usual. */
  readonly asks: Readonly<Record<string, string>>
  /** The scope that it gets. */
  readonly gets: string
  /** What it sends in a refresh beside the token itself. */
  readonly refreshes: readonly ('scope' | 'resource')[]
}

/** The MCP server that all of them want to reach, and the scopes that its metadata (RFC 9728) names. */
export const MCP_SERVER = 'https://mcp.example.com/mcp'
export const MCP_SCOPES = ['mcp:read', 'mcp:write']
const BOTH = MCP_SCOPES.join(' ')

const CODE_FLOW = { grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'] }
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'
const NONE = { token_endpoint_auth_method: 'none' }

/** Clients of 2026, from their sources and from the reports of those who run servers for them. */
export const MCP_CLIENTS = {
  // Asks for offline_access whatever the metadata says (claude-code#41610), and refreshes without scope (#89862).
  'Claude Code': {
    registers: {
      client_name: 'Claude Code (notes)',
      redirect_uris: ['http://localhost:54545/callback'],
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native', scope: `${BOTH} offline_access` },
    },
    redirect_uri: 'http://localhost:61234/callback',
    asks: { scope: `${BOTH} offline_access`, resource: MCP_SERVER },
    gets: `${BOTH} offline_access`,
    refreshes: ['resource'],
  },
  // Registers again at each connect (lion-reader#975), and asks for a grant type that is not for it (rauthy#1644).
  'claude.ai': {
    registers: {
      client_name: 'Claude',
      client_uri: 'https://claude.ai',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      ...{ ...CODE_FLOW, ...NONE, scope: BOTH },
      grant_types: ['authorization_code', 'refresh_token', JWT_BEARER],
    },
    redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // The scope is the one that another server had: nothing of it is known here.
  'claude.ai, for scopes of another server': {
    registers: {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      ...{ ...CODE_FLOW, ...NONE, scope: 'read write claudeai' },
    },
    redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
    asks: { scope: 'read write mcp:read claudeai', resource: MCP_SERVER },
    gets: 'mcp:read',
    refreshes: ['resource'],
  },
  // Where it has a secret, it sends it in the form (claude-ai-mcp#1043).
  'claude.ai, with a secret': {
    registers: {
      client_name: 'Claude',
      redirect_uris: ['https://claude.ai/api/mcp/auth_callback'],
      ...{ ...CODE_FLOW, token_endpoint_auth_method: 'client_secret_post', scope: BOTH },
    },
    redirect_uri: 'https://claude.ai/api/mcp/auth_callback',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // The redirect URI that it has for servers which send iss.
  ChatGPT: {
    registers: {
      client_name: 'ChatGPT',
      redirect_uris: ['https://chatgpt.com/connector_platform_oauth_redirect'],
      ...{ ...CODE_FLOW, ...NONE },
    },
    redirect_uri: 'https://chatgpt.com/connector_platform_oauth_redirect',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // vscode src/vs/base/common/oauth.ts; another port where 33418 is taken (vscode#278512).
  'VS Code': {
    registers: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      redirect_uris: [
        'https://insiders.vscode.dev/redirect',
        'https://vscode.dev/redirect',
        'http://127.0.0.1/',
        'http://127.0.0.1:33418/',
      ],
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native', scope: BOTH },
      grant_types: ['authorization_code', 'refresh_token', DEVICE_CODE],
    },
    redirect_uri: 'http://127.0.0.1:40001/',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // In a browser, and where no port can be had: the state is where vscode.dev sends the browser on to.
  'VS Code, through vscode.dev': {
    registers: {
      client_name: 'Visual Studio Code',
      client_uri: 'https://code.visualstudio.com',
      redirect_uris: ['https://vscode.dev/redirect', 'http://127.0.0.1:33418/'],
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native', scope: BOTH },
    },
    // By the URIs, not by what it says: one of them is on the device.
    registered: { application_type: 'native' },
    redirect_uri: 'https://vscode.dev/redirect',
    asks: {
      ...{ scope: BOTH, resource: MCP_SERVER },
      state: 'vscode://dynamicauthprovider/mcp.example.com/authorize?nonce%3Dq3%2Bx%26windowId%3D4',
    },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // Three kinds of URI in one registration (agent-connector-for-wp#111), and it calls itself a website.
  Cursor: {
    registers: {
      client_name: 'Cursor',
      redirect_uris: [
        'cursor://anysphere.cursor-mcp/oauth/callback',
        'https://www.cursor.com/agents/mcp/oauth/callback',
        'http://localhost:8787/callback',
      ],
      ...{ ...CODE_FLOW, ...NONE, application_type: 'web' },
    },
    registered: { application_type: 'native' },
    redirect_uri: 'cursor://anysphere.cursor-mcp/oauth/callback',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // inspector client/src/lib/auth.ts: an empty scope, and where no scope is named, all that the metadata lists.
  'MCP Inspector': {
    registers: {
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: ['http://localhost:6274/oauth/callback', 'http://localhost:6274/oauth/callback/debug'],
      ...{ ...CODE_FLOW, ...NONE, scope: '' },
    },
    redirect_uri: 'http://localhost:6274/oauth/callback/debug',
    asks: { scope: 'openid profile email address phone', resource: MCP_SERVER },
    gets: 'openid profile',
    refreshes: ['resource'],
  },
  // The TypeScript SDK: it asks for offline_access where it finds it, and then for consent each time (opencode#50519).
  OpenCode: {
    registers: {
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
      ...{ ...CODE_FLOW, ...NONE },
    },
    redirect_uri: 'http://127.0.0.1:51675/mcp/oauth/callback',
    asks: { scope: `${BOTH} offline_access`, prompt: 'consent', resource: MCP_SERVER },
    gets: `${BOTH} offline_access`,
    refreshes: ['resource'],
  },
  // Refreshes without resource (codex#33403).
  Codex: {
    registers: {
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1:41239/callback'],
      ...{ ...CODE_FLOW, ...NONE },
    },
    redirect_uri: 'http://127.0.0.1:41239/callback',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['scope'],
  },
  // Registers one port and listens on another (copilot-cli#1951, #4793).
  'Copilot CLI': {
    registers: {
      client_name: 'GitHub Copilot CLI',
      redirect_uris: ['http://127.0.0.1:33418/'],
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native' },
    },
    redirect_uri: 'http://127.0.0.1:60005/',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // gemini-cli packages/core/src/mcp/oauth-provider.ts: an empty scope, and none asked for.
  'Gemini CLI': {
    registers: {
      client_name: 'Gemini CLI MCP Client',
      redirect_uris: ['http://localhost:7777/oauth/callback'],
      ...{ ...CODE_FLOW, ...NONE, scope: '' },
    },
    redirect_uri: 'http://localhost:7777/oauth/callback',
    asks: { resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // Where it may not use its document (apify/mcpc#187): each of ten ports under both names of the host.
  mcpc: {
    registers: {
      client_name: 'mcpc',
      redirect_uris: ['127.0.0.1', 'localhost'].flatMap((host) =>
        Array.from({ length: 10 }, (_, at) => `http://${host}:${13316 + at}/callback`),
      ),
      ...{ ...CODE_FLOW, ...NONE, application_type: 'native' },
    },
    redirect_uri: 'http://127.0.0.1:13320/callback',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: ['resource'],
  },
  // Its callback has a scheme of its own, without a dot.
  Warp: {
    registers: {
      client_name: 'Warp',
      redirect_uris: ['warp://mcp/oauth2callback'],
      ...{ ...CODE_FLOW, ...NONE },
    },
    redirect_uri: 'warp://mcp/oauth2callback',
    asks: { scope: BOTH, resource: MCP_SERVER },
    gets: BOTH,
    refreshes: [],
  },
} as const satisfies Record<string, McpClient>
