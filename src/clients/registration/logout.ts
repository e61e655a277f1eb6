import type { Fail } from '../../config/config-error.ts'
import type { ClientEntry } from '../../config/schema.ts'
import { redirectUriProblem } from '../../protocol/redirect-uri.ts'
import type { Client } from '../client.ts'
import type { Rules } from '../rules.ts'
import { HTTPS_URL, isHttpsUrl } from './https-url.ts'

type Logout = Pick<
  Client,
  | 'post_logout_redirect_uris'
  | 'backchannel_logout_uri'
  | 'frontchannel_logout_uri'
  | 'frontchannel_logout_session_required'
>

/** Where a log-out goes on, and how the client hears of it (RP-Initiated, Back- and Front-Channel Logout 1.0, §2). */
export function readLogout(entry: ClientEntry, rules: Rules, fail: Fail): Logout {
  const { post_logout_redirect_uris = [], backchannel_logout_uri, frontchannel_logout_uri } = entry
  if (backchannel_logout_uri !== undefined) checkBackChannel(backchannel_logout_uri, rules, fail)
  if (frontchannel_logout_uri !== undefined && !isHttpsUrl(frontchannel_logout_uri, rules.mayUseHttp)) {
    fail(
      'frontchannel_logout_uri',
      `${HTTPS_URL}; http only on a loopback host, or with ALLOW_HTTP in a private network`,
    )
  }
  for (const [at, uri] of post_logout_redirect_uris.entries()) {
    const problem = redirectUriProblem(uri, rules.mayUseHttp)
    if (problem !== undefined) fail(`post_logout_redirect_uris/${at}`, `${uri} ${problem}`)
  }
  return {
    post_logout_redirect_uris,
    ...(backchannel_logout_uri && { backchannel_logout_uri }),
    ...(frontchannel_logout_uri && { frontchannel_logout_uri }),
    frontchannel_logout_session_required: entry.frontchannel_logout_session_required ?? false,
  }
}

function checkBackChannel(uri: string, { plainHttp }: Rules, fail: Fail): void {
  if (!isHttpsUrl(uri, () => true))
    fail('backchannel_logout_uri', `${HTTPS_URL}; http only with ALLOW_PRIVATE_ADDRESSES`)
  if (!plainHttp && !isHttpsUrl(uri))
    fail(
      'backchannel_logout_uri',
      'is http and would never be asked, because ALLOW_PRIVATE_ADDRESSES is false; use https',
    )
}
