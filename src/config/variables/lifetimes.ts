import { DAY, seconds } from './variable.ts'

/** How long tokens, codes and grants live. */
export const LIFETIMES = {
  ACCESS_TOKEN_TTL: seconds([1, DAY], 300, 'How long an access token lives.'),
  REFRESH_TOKEN_TTL: seconds([1, 3650 * DAY], 14 * DAY, 'How long a refresh token lives from its issue.'),
  REFRESH_TOKEN_GRACE: seconds(
    [0, 300],
    10,
    'How long a rotated refresh token still gets the same successor, for clients that lost an answer or raced themselves. 0 is strict.',
  ),
  GRANT_MAX_TTL: seconds(
    [0, 3650 * DAY],
    0,
    'The longest that a login keeps giving tokens, however often they are refreshed. 0 sets no limit.',
  ),
  AUTHORIZATION_CODE_TTL: seconds([1, 600], 60, 'How long an authorization code can be redeemed.'),
  ID_TOKEN_TTL: seconds([60, DAY], 3600, 'How long an ID token is valid.'),
} as const
