import type { Config } from '../config/config.ts'
import { DEMO, tryPath } from '../config/demo.ts'

/** What the demo prints at its start: everything that the walk-through needs, once. */
export function demoBanner({ issuer, env, store }: Config): string {
  const { client_id, client_secret, redirect_uri, username, password } = DEMO
  const path = new URL(issuer).pathname
  return `
  Postern, the demo
    issuer   ${issuer}
    store    ${store.name}${store.durable ? '' : ' (gone when this process stops)'}
    client   ${client_id}, secret ${client_secret}, redirect URI ${redirect_uri}
    user     ${username}, password ${password}

  1. Open in a browser, log in, approve:
     ${new URL(issuer).origin}${tryPath(path === '/' ? '' : path)}

  2. Take the code from the address bar and exchange it within ${env.AUTHORIZATION_CODE_TTL} seconds:
     curl ${issuer.replace('http://', '')}/oauth/tokenize -u '${client_id}:${client_secret}' \\
       -d 'grant_type=authorization_code' -d 'redirect_uri=${redirect_uri}' -d 'code=CODE'

`
}
