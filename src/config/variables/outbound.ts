import { oneOf } from './variable.ts'

/** What the server may ask of others. */
export const OUTBOUND = {
  ALLOW_PRIVATE_ADDRESSES: oneOf(
    ['false', 'true'],
    'false',
    'Whether requests to the URLs of clients (back-channel logout, sector identifiers) may go to private addresses and plain http. For applications in your own network.',
  ),
} as const
