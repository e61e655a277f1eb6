/** What is known of the connection that failed. */
export interface Reached {
  topology: 'single' | 'cluster' | 'sentinel'
  tls: boolean
}

const CHECK = 'check the host and the port in REDIS_URL'
const PLAIN = 'write redis: instead of rediss: in REDIS_URL if this Redis speaks no TLS'
const SECURE = 'write rediss: in REDIS_URL if it speaks TLS'

/** Why there is no connection, by the library's and the system's words for it: the first that fits. */
const CAUSES: readonly (readonly [RegExp, string | ((reached: Reached) => string)])[] = [
  [/^(NOAUTH|WRONGPASS)\b/, 'Redis refuses the user or the password; check REDIS_URL and REDIS_PASSWORD'],
  [/DB index/, 'Redis has no database of this number; check the end of REDIS_URL'],
  [/^NOPERM/, 'Redis refuses this user a command; docs/deployment.md lists what it must be allowed'],
  [/cluster support disabled/, 'this Redis is no cluster; name one host in REDIS_URL, not several'],
  [/unknown command '?sentinel/i, `these are no sentinels, which redis+sentinel: asks; ${CHECK}`],
  [/^an answer that begins/, `what answers is not Redis; ${CHECK}`],
  [
    /CERTIFICATE_REQUIRED/,
    'Redis asks for a certificate, and Postern has none; set tls-auth-clients no there',
  ],
  [/^ERR_SSL.*ALERT/, 'Redis refuses the TLS connection; its own log says why'],
  [/^ERR_TLS_CERT_ALTNAME/, "Redis' certificate is for another host name than the one in REDIS_URL"],
  [/^CERT_(HAS_EXPIRED|NOT_YET)/, "Redis' certificate has expired, or this machine's clock is wrong"],
  [/CERT|SIGNATURE/, "Redis' certificate is signed by nobody known here; REDIS_CA_FILE names its authority"],
  [/^(ERR_SSL|EPROTO)/, `what answers speaks no TLS; ${CHECK}, or ${PLAIN}`],
  [/^ECONNREFUSED/, `nothing listens where Redis should; ${CHECK}, and that it runs`],
  [/^(ENOTFOUND|EAI_AGAIN)/, 'the host in REDIS_URL has no address; check its name, and DNS'],
  [/^E(HOST|NET)UNREACH/, `there is no way to Redis' host; ${CHECK}, and the network`],
  [
    /^(ECONNRESET|EPIPE|Connection is closed)/,
    ({ tls }) => `the connection is closed before Redis answers; ${CHECK}, and ${tls ? PLAIN : SECURE}`,
  ],
  [
    /^ETIMEDOUT|time(d )?out/i,
    ({ tls }) => `Redis does not answer in time; ${CHECK}${tls ? `, and ${PLAIN}` : ''}`,
  ],
]

/** The line for an operator: what to check. `cause` is what the library said. */
export function complaint(cause: string, reached: Reached): string {
  const [, text = 'Redis does not answer'] = CAUSES.find(([pattern]) => pattern.test(cause)) ?? []
  return typeof text === 'string' ? text : text(reached)
}

/** Answers of a Redis that is there and takes no writes. Whatever they answer has surely not happened. */
const REFUSALS: Readonly<Record<string, string>> = {
  READONLY: 'Redis takes no writes: this is a replica, and REDIS_URL must lead to the primary',
  MASTERDOWN: 'Redis takes no writes: this is a replica that has lost its primary',
  LOADING: 'Redis takes no writes: it is still loading its data',
  NOREPLICAS: 'Redis takes no writes: fewer replicas are connected than its min-replicas-to-write',
  MISCONF: 'Redis takes no writes: it cannot save its data; its own log says why',
  MOVED: 'this Redis is one of a cluster; name several of its nodes in REDIS_URL',
  CLUSTERDOWN: 'Redis takes no writes: the cluster has no node for a part of its keys',
}

/** The line for an answer that says so; undefined for any other. */
export function refusal(answer: string): string | undefined {
  return REFUSALS[/^[A-Z]+/.exec(answer)?.[0] ?? '']
}
