import { CompactEncrypt, compactDecrypt, errors } from 'jose'
import type { ClientRecord } from '../../clients/client-record.ts'
import type { BlockedEntry } from '../../config/blocked.ts'
import { ConfigError } from '../../config/config-error.ts'
import type { GroupEntry } from '../../config/schema.ts'
import type { Consent } from '../../consents/consents.ts'
import type { KeySet } from '../../signing/key-set.ts'
import type { PersonRecord } from '../../users/person-record.ts'

/** Everything that moves to another store or machine. What is only for a while (sessions, grants, links) does not. */
export interface Bundle {
  format: 'postern'
  version: 1
  people: Omit<PersonRecord, 'revision' | 'link'>[]
  clients: Omit<ClientRecord, 'revision'>[]
  groups: Record<string, GroupEntry>
  /** Absent in files of before. */
  blocked_clients?: BlockedEntry[]
  consents: Omit<Consent, 'revision'>[]
  signing_keys: KeySet
}

// Of PBKDF2: what guesses at the passphrase cost.
const ITERATIONS = 600_000
const LEAST = 12

/** Encrypts it with a passphrase: a JWE (RFC 7516) that other tools open too. Throws `ConfigError` for a short passphrase. */
export async function sealBundle(bundle: Bundle, passphrase: string): Promise<string> {
  if ([...passphrase].length < LEAST)
    throw new ConfigError(`the passphrase has fewer than ${LEAST} characters`)
  return new CompactEncrypt(Buffer.from(JSON.stringify(bundle)))
    .setProtectedHeader({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', cty: 'json' })
    .setKeyManagementParameters({ p2c: ITERATIONS })
    .encrypt(Buffer.from(passphrase.normalize('NFC')))
}

/** Opens it. Throws `ConfigError` for another passphrase, and for what is no such file. */
export async function openBundle(text: string, passphrase: string): Promise<Bundle> {
  try {
    const { plaintext } = await compactDecrypt(text.trim(), Buffer.from(passphrase.normalize('NFC')), {
      keyManagementAlgorithms: ['PBES2-HS512+A256KW'],
      contentEncryptionAlgorithms: ['A256GCM'],
      maxPBES2Count: ITERATIONS,
    })
    const bundle = JSON.parse(Buffer.from(plaintext).toString('utf8')) as Bundle
    if (bundle.format !== 'postern' || bundle.version !== 1)
      throw new ConfigError('the file is of a later release; import it there')
    return bundle
  } catch (error) {
    if (error instanceof errors.JOSEError || error instanceof SyntaxError)
      throw new ConfigError('the file does not open: another passphrase, or no file of export')
    throw error
  }
}
