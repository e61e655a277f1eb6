import { isRepetitive, readSecretKeys } from '../readers.ts'
import { integer, text, type Variable } from './variable.ts'

/** What signs, seals and derives. */
export const KEYS = {
  SECRET_KEYS: {
    default: [] as readonly string[],
    defaultText: 'random in the demo, else required',
    description:
      'Keys that sign tokens and cookies, each made by: openssl rand -hex 32. Between them commas or line breaks. The first signs, all verify.',
    allowed:
      'a list of different keys, each of 32 random bytes or more as text (43 characters or more), as openssl rand -hex 32 prints',
    read: readSecretKeys,
    secret: true,
  } satisfies Variable<readonly string[]>,
  SIGNING_KEYS_FILE: text(
    '',
    'JWK set with the private keys that sign ID tokens and JWT access tokens; made if the file does not exist. Without it they are in the store: sealed where it lasts, or gone with the process.',
  ),
  KEY_ROTATION: integer(
    [0, 3650],
    90,
    'Days after which the next signing key takes over; published an hour before. 0 leaves it to npm run rotate-keys.',
  ),
  PAIRWISE_SALT: {
    ...text(
      '',
      'What pairwise subjects are derived with, made by: openssl rand -hex 32. Needed if a client has subject_type: pairwise. Changing it changes every pairwise sub.',
    ),
    allowed: 'a text of at least 32 characters that do not repeat themselves',
    read: (value) => (value.length >= 32 && !isRepetitive(value) ? value : undefined),
    secret: true,
  } satisfies Variable<string>,
} as const
