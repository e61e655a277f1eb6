import { storesThatAre } from '../../store/index.ts'
import { canonicalIssuer, readHosts, readIssuer, readTrustProxy, readWorkers } from '../readers.ts'
import { integer, oneOf, text, type Variable } from './variable.ts'

/** Where the server listens, and under which names. */
export const LISTEN = {
  HOST: {
    ...text('127.0.0.1', 'The address to listen on. The container image sets 0.0.0.0.'),
    // The framework would listen on every address of this name, and only its first listener is guarded (`Connections`)
    // and obeys the supervisor.
    read: (value) => (value === 'localhost' ? '127.0.0.1' : value),
    fixed: true,
  } satisfies Variable<string>,
  PORT: { ...integer([1, 65_535], 8000, 'The port to listen on.'), fixed: true } satisfies Variable<number>,
  ISSUER: {
    default: '',
    defaultText: 'http://localhost:PORT',
    description:
      'The URL that clients and browsers know this server by, without a trailing slash. Every URL that is printed or published starts with it. https, or http on a loopback host (and in a private network with ALLOW_HTTP).',
    allowed:
      'an https URL (http only on localhost, or with ALLOW_HTTP in a private network), without query, fragment or trailing slash; in its path only letters, digits, - . _ ~ and /',
    read: readIssuer,
    spelling: canonicalIssuer,
  } satisfies Variable<string>,
  ALLOW_HTTP: oneOf(
    ['false', 'true'],
    'false',
    'Whether ISSUER and the URIs of clients may be plain http on hosts of a private network: private addresses, names of one label, and names under .localhost, .local, .lan, .internal, .home.arpa or .test. Whoever is in that network can read passwords and tokens.',
  ),
  TRUST_PROXY: {
    default: [] as readonly string[],
    defaultText: '',
    description:
      'The addresses of the reverse proxies whose X-Forwarded-* headers are believed, comma-separated: IP addresses, CIDR ranges, or the names loopback, linklocal, uniquelocal.',
    allowed:
      'a comma-separated list of IP addresses, CIDR ranges (such as 10.1.2.0/24, never /0), loopback, linklocal or uniquelocal',
    read: readTrustProxy,
  } satisfies Variable<readonly string[]>,
  WORKERS: {
    default: 1,
    description: `How many processes serve the port. auto is one for each core. More than one need ${storesThatAre('shared')}.`,
    allowed: 'auto or a whole number from 1 to 128',
    read: readWorkers,
    fixed: true,
  } satisfies Variable<number>,
  DEMO_HOSTS: {
    default: [] as readonly string[],
    defaultText: '',
    description:
      'Further host names that the demo answers to, comma-separated. The demo has a known password: loopback only by default.',
    allowed: 'a comma-separated list of host names without ports',
    read: readHosts,
  } satisfies Variable<readonly string[]>,
} as const
