// The peers are installed by a run, and checked without them.
declare module 'oidc-provider'
declare module 'oidc-provider/lib/adapters/memory_adapter.js'
declare module 'oidc-provider/lib/helpers/lru.js'
declare module '@node-oauth/oauth2-server'
declare module 'better-auth'
declare module 'better-auth/node'
declare module 'better-auth/plugins'
declare module '@better-auth/oauth-provider'
